import FunctionTesting
import Glibc
import Testing

@testable import emulator

@Suite struct ServiceAccountTests {
    @Test func `names the first folder that the account cannot enter`() throws {
        let folder = try TemporaryFolder(name: "account")
        for name in ["/open", "/open/locked", "/open/locked/inner"] { mkdir(folder.path + name, 0o755) }
        chmod(folder.path, 0o755)
        chmod(folder.path + "/open/locked", 0o700)
        let stranger = ServiceAccount(name: "stranger", user: 54_321, group: 54_321)
        #expect(stranger.barrier(onTheWayTo: folder.path + "/open/data") == nil)
        #expect(stranger.barrier(onTheWayTo: folder.path + "/open/locked/inner/data") == folder.path + "/open/locked")
    }
}
