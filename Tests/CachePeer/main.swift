import Foundation

exit(CachePeer(CommandLine.arguments).run())
