import GenkiChain
