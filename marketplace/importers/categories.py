"""Foreign categories in our words; where a source says nothing of use, the texts decide."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SAME: Mapping[str, str] = {
    "programming": "code", "copywriting": "writing", "education": "learning", "design": "design",
    "academic": "knowledge", "life": "life", "career": "work", "translation": "languages", "emotions": "life",
    "marketing": "marketing", "entertainment": "fun", "games": "fun", "office": "work",
    "search-data-extraction": "web", "developer-tools": "code", "finance-fintech": "business",
    "databases": "databases", "communication": "work", "knowledge-memory": "knowledge",
    "browser-automation": "web", "cloud-platforms": "cloud", "security": "security", "art-and-culture": "design",
    "command-line": "code", "file-systems": "essentials", "data-science-tools": "data", "data-platforms": "data",
    "aggregators": "ai", "coding-agents": "code", "version-control": "code", "monitoring": "monitoring",
    "support-service-management": "business", "location-services": "places", "embedded-system": "code",
    "code-execution": "code", "travel-transportation": "places", "gaming": "fun", "customer-data-platforms": "business",
    "sports": "fun", "translation-services": "languages", "entertainment-lifestyle": "fun",
    "database": "databases", "productivity": "work", "ai": "ai", "ai-ml": "ai", "search": "web",
    "documentation": "knowledge", "analytics": "data", "finance": "business", "payments": "business",
    "development": "code", "blockchain": "business", "data-analytics": "data", "cost-management": "cloud",
    "crm": "business", "data-visualization": "data", "web": "web", "boating": "places", "automation": "work",
    "code": "code", "healthcare": "life", "iot": "places", "geospatial": "places", "messaging": "work",
    "web-scraping": "web", "knowledge": "knowledge", "video": "design", "travel": "places", "media": "design",
    "business": "business", "maps": "places", "news": "knowledge", "commerce": "business", "fintech": "business",
    "devtools": "code", "infrastructure": "cloud", "integration": "work", "ecommerce": "business",
}  # fmt: skip

_WORDS: tuple[tuple[str, str], ...] = (
    ("databases", r"sql|postgres\w*|mysql|mongo\w*|redis|sqlite|database|duckdb|snowflake|supabase|vector store"),
    ("monitoring", r"monitor\w*|observab\w*|logs?|metrics|grafana|prometheus|sentry|incident\w*|alerting"),
    ("security", r"security|vulnerab\w*|pentest\w*|malware|threat\w*|secrets?|password\w*|osint|cve|compliance"),
    ("cloud", r"kubernetes|k8s|aws|azure|gcp|terraform|docker|cloud\w*|deploy\w*|serverless|proxmox"),
    ("marketing", r"marketing|seo|ads?|advert\w*|campaign\w*|brand\w*|social media|linkedin|instagram|tiktok"),
    ("business", r"financ\w*|stocks?|crypto\w*|trading|invoice\w*|payment\w*|crm|salesforce|hubspot|accounting|tax\w*|"
                 r"e-?commerce|shopify|bank\w*|token prices?|blockchain|wallet\w*|defi|solana|ethereum|invest\w*"),
    ("places", r"weather|maps?|travel|flights?|hotels?|transit|train|home assistant|smart home|geo\w*|location"),
    ("design", r"images?|videos?|audio|music|figma|design\w*|photo\w*|speech|voice|3d|blender|svg|"
               r"diagram\w*|podcast\w*"),
    ("languages", r"translat\w*|dictionary|language learning|grammar"),
    ("learning", r"learn\w*|teach\w*|tutor\w*|course\w*|education\w*|student\w*|quiz\w*|flashcard\w*|anki"),
    ("life", r"health\w*|medical|fitness|recipes?|cooking|nutrition|food|meditation|wellness|therap\w*"),
    ("fun", r"games?|gaming|minecraft|chess|pokemon|sports?|movies?|anime|joke\w*|steam|dice"),
    ("work", r"calendar|e-?mail\w*|gmail|slack|discord|telegram|whatsapp|notion|jira|todo\w*|tasks?|meeting\w*|"
             r"productivity|trello|asana|linear|spreadsheet\w*|excel|word documents?|powerpoint|office|"
             r"project management"),
    ("data", r"analytics|csv|datasets?|data analysis|statistic\w*|charts?|jupyter|pandas|dashboard\w*|visuali[sz]\w*"),
    ("knowledge", r"research|papers?|arxiv|wikipedia|knowledge|memory|notes?|obsidian|rag|documentation|docs|"
                  r"pdf\w*|news"),
    ("web", r"browser\w*|web ?pages?|websites?|scrap\w*|crawl\w*|search engine\w*|web search|url\w*|html|playwright"),
    ("code", r"code|coding|git\w*|developer\w*|programming|api|apis|sdk|ide|debug\w*|compil\w*|testing|openapi|npm|"
             r"rust|java|typescript|ci/cd|unreal|unity|godot"),
    ("ai", r"llms?|agents?|prompts?|gpt|claude|gemini|openai|models?|reasoning|thinking|mcp servers?"),
    ("essentials", r"files?|filesystem|time|timezone\w*|calculat\w*|math\w*|clipboard|shell"),
    ("writing", r"writ\w*|essay\w*|copy|editing|text|poem\w*|story"),
)  # fmt: skip
_PATTERNS = tuple((key, re.compile(rf"\b(?:{words})\b")) for key, words in _WORDS)


def category_of(foreign: str, texts: str) -> str:
    """A key of marketplace.catalogue.labels.CATEGORIES."""
    known = _SAME.get(foreign.lower())
    return known or guess(texts)


def guess(texts: str) -> str:
    """The category whose words the texts use most, the first of equals; "other" when they use none."""
    folded = texts.lower()
    counts = [(len(pattern.findall(folded)), key) for key, pattern in _PATTERNS]
    most = max(count for count, _ in counts)
    return next(key for count, key in counts if count == most) if most else "other"
