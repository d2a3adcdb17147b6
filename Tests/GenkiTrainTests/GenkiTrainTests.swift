import GenkiTrain
