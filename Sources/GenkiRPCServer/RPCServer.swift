import GenkiCore
import GenkiRPC
import NIOCore
import NIOPosix
