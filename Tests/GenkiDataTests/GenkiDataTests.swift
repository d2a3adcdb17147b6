import GenkiData
