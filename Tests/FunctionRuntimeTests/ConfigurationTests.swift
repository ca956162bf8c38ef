import FunctionRuntime
import Testing

struct ConfigurationTests {
    enum Keys {
        static let url = ConfigurationKey<String>(
            "DATABASE_URL", summary: "the database", secret: true, kind: "a Postgres URL",
            want: "postgres://user@host:port/name"
        ) { $0.hasPrefix("postgres://") ? $0 : nil }
        static let bucket = ConfigurationKey<String>(
            "BUCKET", summary: "the bucket", kind: "a bucket name", want: "darkroom"
        ) { $0.contains("/") ? nil : $0 }
        static let workers = ConfigurationKey<Int>("WORKERS", summary: "how many", default: 4)
        static let level = ConfigurationKey<LogLevel>("LEVEL", summary: "the level", default: .info)
        static let limit = ConfigurationKey<Int>("LIMIT", summary: "an upper limit").optional
        static let all: [any ConfigurationKeyProtocol] = [url, bucket, workers, level, limit]
    }

    private let secret = "postgres://admin:hunter2@db/app"

    @Test func `values are typed, and defaults stand in for absent and empty ones`() throws {
        let configuration = Configuration(["DATABASE_URL": secret, "WORKERS": "", "LEVEL": "debug", "BUCKET": "b"])
        #expect(try configuration[Keys.url] == secret)
        #expect(try configuration[Keys.workers] == 4)
        #expect(try configuration[Keys.level] == .debug)
        #expect(try configuration[Keys.limit] == nil)
        #expect(try Configuration(["LIMIT": "3"])[Keys.limit] == 3)
    }

    @Test(
        arguments: [
            ([:], ["KEY_ID is missing, which STORE=s3 needs: the key (want text)"]), (["STORE": "azure"], []),
            (["STORE": "s3"], ["KEY_ID is missing, which STORE=s3 needs: the key (want text)"]),
            (["KEY_ID": "k"], []),
        ] as [([String: String], [String])])
    func `a key may be needed with one value of another`(_ values: [String: String], _ problems: [String]) throws {
        let store = ConfigurationKey<String>("STORE", summary: "the store", default: "s3")
        let key = ConfigurationKey<String>("KEY_ID", summary: "the key").needed(with: store, "s3")
        let configuration = Configuration(values, keys: [store, key])
        #expect(configuration.problems.map(\.message) == problems)
        #expect(try configuration[key] == values["KEY_ID"])
    }

    @Test func `every problem is told at once, and says what is wanted`() {
        let configuration = Configuration(
            ["BUCKET": "a/b", "WORKERS": "many", "LEVEL": "loud", "LIMIT": "x"], keys: Keys.all)
        #expect(
            configuration.problems.map(\.message) == [
                "DATABASE_URL is missing: the database (want postgres://user@host:port/name)",
                "BUCKET is not a bucket name: got \"a/b\" (want darkroom)",
                "WORKERS is not a whole number: got \"many\"",
                "LEVEL is not one of debug, info, warning, error: got \"loud\"",
                "LIMIT is not a whole number: got \"x\"",
            ])
    }

    @Test func `a secret is never shown`() {
        let wrong = Configuration(["DATABASE_URL": "mysql://admin:hunter2@db"], keys: [Keys.url])
        #expect(
            wrong.problems.map(\.message)
                == ["DATABASE_URL is not a Postgres URL: got <REDACTED> (want postgres://user@host:port/name)"])
        let configuration = Configuration(
            ["DATABASE_URL": secret, "BUCKET": "b", "OTHER_TOKEN": "hunter2"], keys: [Keys.url, Keys.bucket])
        var dumped = ""
        dump(configuration, to: &dumped)
        let shown = ["\(configuration)", String(reflecting: configuration), dumped, "\([configuration])"]
        for text in shown {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("<REDACTED>"))
        }
        #expect("\(configuration)" == "Configuration(DATABASE_URL=<REDACTED>, BUCKET=b)")
        let key = ConfigurationKey<String>("TOKEN", summary: "a token", default: "hunter2", secret: true)
        #expect(key.defaultText == nil)
        #expect(!"\(Configuration([:], keys: [key]))".contains("hunter2"))
    }

    @Test(
        arguments: [
            ("A=1", "1"), ("A = 1", nil), ("  A=1  ", "1"), ("export A=1", "1"), ("A=", ""),
            ("A= spaced out ", "spaced out"),
            ("A=1 # comment", "1"), ("A=a#b", "a#b"), ("A=# nothing", ""), ("# A=0\n\nA=1", "1"), ("A=1\r\nB=2", "1"),
            ("A='a # \\n $x'", "a # \\n $x"), (#"A="a\tb\n\"q\" \\ \$x""#, "a\tb\n\"q\" \\ $x"),
            ("A=\"two\nlines\"", "two\nlines"),
            ("A='x' # comment", "x"), ("A=postgres://u:p@h/d?x=1#f", "postgres://u:p@h/d?x=1#f"), ("A=1\nA=2", "2"),
        ] as [(String, String?)])
    func `a file follows the quoting rules`(text: String, value: String?) {
        #expect((try? EnvironmentFile.parse(text, path: ".env"))?["A"] == value)
    }

    @Test(arguments: [
        ("A=1\nnonsense", "line 2: want NAME=value"), ("1A=x", "line 1: want NAME=value"),
        ("A=\"open\nB=2", "line 1: the quote is not closed"), ("A='x' y", "line 1: there is text after"),
        ("\n\nA=\"\\q\"", "line 3: not an escape sequence"),
    ])
    func `a file that breaks the rules names the line`(text: String, message: String) {
        let problem = #expect(throws: ConfigurationProblem.self) { try EnvironmentFile.parse(text, path: "dev.env") }
        #expect(problem?.message.hasPrefix("dev.env, ") == true)
        #expect(problem?.message.contains(message) == true, "\(problem?.message ?? "")")
    }
}
