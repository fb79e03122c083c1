"""`python -m voicemine`."""

from voicemine.cli import main

main()
