"""Names and texts that would break a report that shows them carelessly."""

from __future__ import annotations

CLASSES = (
    "computer-vision",
    "natural-language-processing",
    "</script><script>alert(1)</script>",
    "graphs & <b>networks</b>",
    "quotes \"double\" and 'single'",
    "‮txet tfel ot thgir",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "transformers",
)
TEXTS = (
    "A CNN that finds cats in pictures <img src=x onerror=alert(1)>",
    "BERT & friends: </script><script>window.hacked = 1</script> text classification\u2028with a separator",
    "שלום עולם, a right-to-left text ‮with an override",
    "x" * 400,
    "Şirin İSTANBUL ΣΊΣΥΦΟΣ straße №5 ½ ² ⅷ 深度学习 かな 🚀 naïve café",
    "<!-- a comment that never ends, {{ 7 * 7 }} {% raw %}",
    "",
    "   \t\n ",
    "\ud800 lone surrogate | pipe | table",
)
