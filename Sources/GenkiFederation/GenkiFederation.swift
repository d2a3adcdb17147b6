import GenkiCore
