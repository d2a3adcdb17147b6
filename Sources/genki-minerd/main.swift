import GenkiMiner

MinerCommand.main()
