"""Texts of the maximum length, and very long words."""

SENTENCE = "Knowing that this binds us all until the next meeting but one, which shall it be? "
QUESTION = (SENTENCE * 4)[:300].strip()
LONG = [f"{n}. {SENTENCE * 2}"[:100].strip() for n in range(1, 21)]
WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
WORDS = (
    f"Welche {WORD} soll die Geschwindigkeitsbegrenzungsüberwachung im Geschäftsjahr übernehmen? "
)
GERMAN = [f"{WORD} mit ihrer Ordnung"[: 57 + 2 * n] + f" {n}" for n in range(1, 21)]
