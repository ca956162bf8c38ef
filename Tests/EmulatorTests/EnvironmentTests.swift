import FunctionTesting
import JSON
import ProviderStandIns
import Testing

@testable import emulator

@Suite struct EnvironmentTests {
    private static let addresses = Addresses(
        process: 1, gateway: "http://127.0.0.1:7071", dashboard: "http://127.0.0.1:7072",
        s3Endpoint: "http://127.0.0.1:9000",
        s3Users: [.init(id: "u", name: "n", email: "e", access: "key", secret: "secret")],
        blobEndpoint: "http://127.0.0.1:10000/devstoreaccount1", blobConnectionString: "AccountName=devstoreaccount1",
        queueEndpoint: "http://127.0.0.1:10001/devstoreaccount1",
        bucket: "darkroom", postgres: "postgres://p", redis: "redis://r",
        providers: ["replicate": "http://stand-in", "fal": "https://stand-in"],
        providersCertificate: "/data/providers.pem")
    private static let standIns = [
        StandInSettings(
            reserved: ["REPLICATE_API_TOKEN"],
            values: [
                "REPLICATE_API_TOKEN": "r8_stand_in", "REPLICATE_BASE_URL": "http://stand-in",
                "RESULT_ADDRESSES": "any",
            ], name: "replicate"),
        StandInSettings(
            reserved: ["FAL_KEY", "FAL_QUEUE_URL"], values: ["FAL_KEY": "stand-in", "FAL_QUEUE_URL": "http://fal"],
            name: "fal"),
    ]

    private static func composed(_ given: [String: String], storage: StorageDialect = .s3) throws -> [String: String] {
        try FunctionEnvironment(file: nil, inherited: given).composed(
            addresses: addresses, standIns: standIns, storage: storage, manifest: "/data/functions.json")
    }

    @Test func `tells functions where everything is`() throws {
        let values = try Self.composed([:])
        #expect(values["DATABASE_URL"] == "postgres://p")
        #expect(values["S3_ACCESS_KEY_ID"] == "key")
        #expect(values["STORAGE_PROVIDER"] == "s3")
        #expect(values["FUNCTIONS_MANIFEST"] == "/data/functions.json")
        #expect(values["REPLICATE_BASE_URL"] == "http://stand-in")
        #expect(try Self.composed([:], storage: .azure)["STORAGE_PROVIDER"] == "azure")
    }

    @Test func `never sends a real key to a stand-in`() throws {
        let values = try Self.composed(["REPLICATE_API_TOKEN": "r8_real"])
        #expect(values["REPLICATE_API_TOKEN"] == "r8_real")
        #expect(values["REPLICATE_BASE_URL"] == nil)
        #expect(values["RESULT_ADDRESSES"] == nil)
        // The others are still played.
        #expect(values["FAL_QUEUE_URL"] == "http://fal")
        #expect(values["PROVIDER_LIMITS"] == "fal: 1000/s 60000/min 64")
        #expect(try Self.composed(["FAL_KEY": "real"])["FAL_QUEUE_URL"] == nil)
        #expect(try Self.composed(["FAL_QUEUE_URL": "http://mine"])["FAL_KEY"] == nil)
        #expect(try Self.composed(["FAL_KEY": ""])["FAL_QUEUE_URL"] == "http://fal")
        #expect(try Self.composed(["FAL_KEY": "a", "REPLICATE_API_TOKEN": "b"])["PROVIDER_LIMITS"] == nil)
    }

    @Test func `lets the environment win over the file, and the file over the emulator`() throws {
        let folder = try TemporaryFolder(name: "environment")
        try TextFile.write("S3_BUCKET=mine\nREPLICATE_MODEL=https://file\n", to: folder.path + "/.env")
        let environment = try FunctionEnvironment(
            file: folder.path + "/.env", inherited: ["REPLICATE_MODEL": "https://shell"])
        let values = environment.composed(addresses: Self.addresses, storage: .s3, manifest: "")
        #expect(values["S3_BUCKET"] == "mine")
        #expect(values["REPLICATE_MODEL"] == "https://shell")
    }

    @Test func `names file and line of what is no variable`() throws {
        let folder = try TemporaryFolder(name: "environment")
        try TextFile.write("A=1\nnonsense\n", to: folder.path + "/.env")
        let error = #expect(throws: EmulatorError.self) {
            try FunctionEnvironment(file: folder.path + "/.env", inherited: [:])
        }
        #expect(error?.description.contains(".env, line 2") == true)
    }

    @Test func `says that a named file is missing`() {
        #expect(throws: EmulatorError.self) { try FunctionEnvironment(file: "/nowhere/.env", inherited: [:]) }
    }

    @Test func `prints every address on one line for programs`() {
        let json = Self.addresses.json
        #expect(json["gateway"]?.string == "http://127.0.0.1:7071")
        #expect(json["s3"]?["accessKey"]?.string == "key")
        #expect(json["s3"]?["users"]?[0]?["access"]?.string == "key")
        #expect(json["blob"]?["connectionString"]?.string == "AccountName=devstoreaccount1")
        #expect(json["providers"]?["replicate"]?.string == "http://stand-in")
        #expect(json["providers"]?["fal"]?.string == "https://stand-in")
        #expect(json["providersCertificate"]?.string == "/data/providers.pem")
        #expect(!json.text.contains("\n"))
    }
}
