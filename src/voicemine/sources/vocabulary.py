"""The words by which columns of feedback files give themselves away."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TEXT = _words(
    "text body review reviews comment comments content feedback narrative response answer verbatim "
    "verbatims message tweet opinion transcript utterance remarks remark note notes suggestion "
    "suggestions complaint experience statement testimonial improve improvement improvements like dislike "
    "liked disliked pros cons positives negatives kommentar bewertung antwort commentaire avis reponse "
    "comentario comentarios opinión reason reasons explanation respuesta recensione commento 评论 评价 内容 反馈 "
    "意见 コメント レビュー 感想 리뷰 отзыв комментарий текст")
#: Words that say the column is about the text, or is somebody else's: never taken for the customer's words.
NOT_TEXT = _words(
    "id ids url link uri email mail phone date time datetime timestamp label labels slots tag tags "
    "category categories topic topics theme themes sentiment emotion intent intents reply replied context "
    "split version gold aspects aspect name title subject headline code codes count lang language hash "
    "polarity stage clean cleaned processed preprocessed translated translation normalized lemma lemmas "
    "tokens stemmed touchpoint prediction confidence annotator class status address source filename path "
    "gender slot")
OTHERS_WORDS = _words("company agent staff reply replied business owner developer seller merchant public employee")
QUESTION_START = _words(
    "what why how which where when who whom please tell describe explain any anything is are do does did "
    "would could can was were have has warum wie welche pourquoi comment quel")
TITLE = _words("title subject headline betreff titel")
ID_LAST = _words("id ids number no nr num ref reference uuid guid key")
ID_FIRST = _words(
    "item review response feedback ticket case complaint survey submission tweet comment post answer "
    "record row respondent message interview conversation entry document doc")
NOT_ID = _words(
    "user author customer product clothing parent reply to in company agent zip postal phone order "
    "account session device store shop branch member employee thread client category version asin sku "
    "house flight count campaign")
TIME = _words(
    "date time datetime timestamp created at when day submitted posted received published written "
    "recorded started completed ended datum zeit fecha heure data on 日期 时间 日付 дата")
TIME_FIRST = ("created", "received", "submitted", "posted", "published", "written", "response", "review", "survey",
              "recorded", "completed", "ended", "started")
TIME_LATER = _words("replied reply sent updated modified closed resolved due birth dob expiry deleted edited")
SCORE = _words(
    "nps rating ratings rate stars star score scores csat ces satisfaction recommend recommendation "
    "likelihood likely effort grade overall bewertung note sterne punkte puntuacion 评分 星级 評価 평점 оценка")
NOT_SCORE = _words(
    "count confidence id sentiment emotion polarity max maximum min version ind index age probability "
    "category label total num number weight compound split gold positive helpful")
SCALE = re.compile(r"(?:max|maximum|highest|top|best)[\W_]*(?:possible[\W_]*)?(?:rating|score|stars|points)|"
                   r"(?:rating|score)[\W_]*(?:max|scale|out[\W_]*of)", re.I)
AUTHOR = _words(
    "author user username customer respondent reviewer handle commenter email member participant client "
    "writer screenname nickname nutzer kunde auteur autor")
NOT_AUTHOR = _words("agent type role segment age gender country location text timezone since tenure service")
CHANNEL = _words("channel medium via kanal canal")
CHANNEL_MAYBE = _words("source platform origin touchpoint mode")
CHANNEL_VALUES = _words(
    "web website app phone telephone call email e-mail mail chat live store shop in-store online offline "
    "sms social twitter facebook instagram ios android referral fax postal post kiosk whatsapp google "
    "trustpilot survey branch form appstore playstore play centre center in-app mobile desktop") | {
    "live chat", "web form", "app store", "google play", "call centre", "call center", "postal mail", "in store"}
QUESTION = _words("question prompt item_question frage pregunta")
SPEAKER = _words("speaker role sender from inbound direction party turn author_type agent staff outbound incoming")
CUSTOMER_VALUES = _words(
    "customer user client consumer caller guest visitor member inbound incoming in requester end-user "
    "end_user enduser kunde buyer shopper passenger patient subscriber")
AGENT_VALUES = _words(
    "agent staff support representative rep bot system company brand business outbound outgoing out "
    "operator assistant advisor adviser employee admin moderator csr seller chatbot automation")
YES = _words("true yes y 1 t")
NO = _words("false no n 0 f")
PERSONAL = _words(
    "firstname lastname surname email mail phone telephone mobile address street ip dob birth birthday "
    "birthdate iban card passport ssn handle username user author customer respondent account zip zipcode "
    "postcode postal latitude longitude lat lon lng password url link")
PERSON_NAME = frozenset({("name",), *((w, "name") for w in (
    "first", "last", "full", "middle", "family", "given", "display", "screen", "contact", "staff", "agent"))})
NOT_ATTRIBUTE = _words("confidence probability gold count index unnamed ordinal")


def is_question(name: str, words: tuple[str, ...]) -> bool:
    """Whether a column is named by a question, such as `What did you like?` or `Q3`."""
    if name.rstrip().endswith("?") or re.match(r"q\d{1,3}\b", name.strip(), re.I):
        return True
    return len(words) >= 4 and words[0] in QUESTION_START
