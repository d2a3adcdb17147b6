import GenkiModel
