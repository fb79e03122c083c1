"""The label sets of the codebook, in its order: what the shipped branch is trained on."""

from __future__ import annotations

STAGES = (
    "awareness", "consideration", "purchase", "onboarding", "use", "support", "retention", "advocacy", "unclear",
)
TOUCHPOINTS = (
    "website", "mobile_app", "search_product_info", "advertising_promotion", "social_media", "email_notification",
    "phone_call_centre", "live_chat", "staff_in_person", "store_premises", "checkout_payment", "billing_pricing",
    "account_login", "booking_reservation", "delivery_shipping", "product", "service_in_progress", "packaging",
    "returns_refunds", "loyalty_programme", "policy_contract", "documents_info", "none",
)
SENTIMENTS = ("negative", "neutral", "positive", "mixed")
EMOTIONS = (
    "anger", "frustration", "disappointment", "confusion", "worry", "sadness", "surprise", "satisfaction", "delight",
    "gratitude", "trust", "none",
)
PAINS = ("0", "1")
INTENTS = ("complaint", "praise", "question", "request", "report", "churn", "recommendation", "other")

LABEL_SETS: dict[str, tuple[str, ...]] = {
    "stage": STAGES,
    "touchpoint": TOUCHPOINTS,
    "sentiment": SENTIMENTS,
    "emotion": EMOTIONS,
    "pain": PAINS,
    "intent": INTENTS,
}
