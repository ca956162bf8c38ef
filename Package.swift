// swift-tools-version: 6.2

import PackageDescription

// The house rules every target is compiled under: language mode 6, warnings are errors, and the upcoming features that
// would cost a rewrite if they came later.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

func library(_ name: String, _ path: String, exclude: [String] = [], _ dependencies: Target.Dependency...) -> Target {
    .target(name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: settings)
}

func executable(_ name: String, _ path: String, exclude: [String] = [], _ dependencies: Target.Dependency...) -> Target
{
    .executableTarget(name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: settings)
}

/// A function executable: `Functions/<Area>/<Name>`, linked against the Domain and only the clients it names itself.
func function(_ path: String, _ dependencies: Target.Dependency...) -> Target {
    .executableTarget(
        name: String(path.split(separator: "/").last!),
        dependencies: ["FunctionRuntime"] + dependencies, path: "Functions/\(path)", swiftSettings: settings)
}

func tests(_ name: String, exclude: [String] = [], _ dependencies: Target.Dependency...) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, swiftSettings: settings)
}

/// A C library of the system: the Debian package on Linux, the Homebrew one on macOS.
func system(_ name: String, pkgConfig: String, apt: String, brew: String) -> Target {
    .systemLibrary(
        name: name, path: "Runtime/Libraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}

let hummingbird: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket: Target.Dependency = .product(name: "NIOWebSocket", package: "swift-nio")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypes1: Target.Dependency = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "Darkroom",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // Runtime: generic; knows invocations, not jobs.
        .target(name: "CLinux", path: "Runtime/Libraries/CLinux"),
        system("CPostgres", pkgConfig: "libpq", apt: "libpq-dev", brew: "libpq"),
        system("CHiredis", pkgConfig: "hiredis", apt: "libhiredis-dev", brew: "hiredis"),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev", brew: "curl"),
        system("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev", brew: "openssl"),
        system("CExpat", pkgConfig: "expat", apt: "libexpat1-dev", brew: "expat"),
        system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev", brew: "zlib"),
        library("JSON", "Runtime/JSON"),
        library("FunctionRuntime", "Runtime/Function", exclude: ["PROTOCOL.md"], "JSON"),
        library("Threads", "Runtime/Threads"),
        library("Postgres", "Runtime/Postgres", "CPostgres", "Threads", "JSON"),
        library("Redis", "Runtime/Redis", "CHiredis", "COpenSSL"),
        library("Queue", "Runtime/Queue", "Redis", "JSON"),
        // Not `Crypto`: a package that Hummingbird depends on has a target of that name.
        library("Cryptography", "Runtime/Crypto", "COpenSSL"),
        library("HTTPClient", "Runtime/HTTPClient", "CCurl", "Cryptography"),
        library("XML", "Runtime/XML", "CExpat"),
        library("ObjectStorage", "Runtime/ObjectStorage", "HTTPClient", "Cryptography", "Threads", "XML"),
        library(
            "Hosting", "Runtime/Hosting", "FunctionRuntime", "JSON", "Queue", "Redis", "Cryptography", "CLinux",
            "Threads",
            hummingbird, nio, nioPosix, nioHTTP1, httpTypes, logging, lifecycle, systemPackage),
        executable("migrate", "Runtime/Migrate", "Postgres"),
        executable("host", "Runtime/Host", "Hosting", "FunctionRuntime", logging, lifecycle, unixSignals),
        library("FunctionTesting", "Runtime/Testing", "FunctionRuntime", "JSON", "CLinux", "Threads"),

        // Functions: the application. One executable for each endpoint, worker and timer; Domain is what they share.
        library(
            "Domain", "Functions/Domain", "FunctionRuntime", "JSON", "Cryptography", "HTTPClient", "ObjectStorage",
            "Postgres",
            "Queue", "Redis", "Threads"),
        function("Images/CreateUpload", "Domain", "HTTPClient"),
        function("Images/ImageUploaded", "Domain", "HTTPClient", "Redis"),
        function("Images/GetImage", "Domain", "HTTPClient"),
        function("Images/SweepPreviews", "Domain", "HTTPClient"),
        function("Images/GetImageContent", "Domain", "HTTPClient", "ObjectStorage"),
        function("Jobs/CreateJob", "Domain", "HTTPClient", "JSON", "Redis"),
        function("Jobs/ListJobs", "Domain", "HTTPClient"),
        function("Jobs/GetJob", "Domain", "HTTPClient"),
        function("Jobs/CancelJob", "Domain", "Redis"),
        function("Jobs/RetryJob", "Domain", "Redis"),
        function("Jobs/WatchJob", "Domain", "JSON", "Redis"),
        function("Jobs/GenerateImage", "Domain", "HTTPClient", "Redis"),
        function("Jobs/ProviderWebhook", "Domain", "HTTPClient", "JSON", "Redis"),
        function("Jobs/RelayOutbox", "Domain", "Redis"),
        function("Jobs/ReapJobs", "Domain", "Queue", "Redis"),
        function("Workflows/ListWorkflows", "Domain", "Redis"),
        function("Workflows/GetWorkflow", "Domain", "Redis"),
        function("Workflows/SyncWorkflows", "Domain", "HTTPClient", "Redis"),
        function("Operations/GetComfyUIStatus", "Domain", "HTTPClient"),
        function("Operations/GetComfyUIQueue", "Domain", "HTTPClient"),
        function("Operations/ListComfyUIModels", "Domain", "HTTPClient"),
        function("Operations/RestartComfyUI", "Domain", "HTTPClient"),
        function("Operations/Health", "Domain", "HTTPClient", "ObjectStorage", "Postgres", "Redis"),
        function("Operations/OpenAPI", "JSON"),
        function("Page/Page", "PageAssets"),
        .target(
            name: "PageAssets", path: "Functions/Page/Assets",
            exclude: ["index.html", "page.css", "page.js", "workflows.js", "icon.svg"]),

        // emulator: the whole cloud on a laptop.
        library(
            "ObjectStore", "emulator/Store", "JSON", "XML", "Cryptography", "HTTPClient", "Queue", "Redis", nio,
            nioPosix, nioHTTP1,
            logging, lifecycle, grdb),
        library(
            "ProviderStandIns", "emulator/Providers", "JSON", "Cryptography", "HTTPClient", "CZlib", hummingbird, nio,
            nioPosix, nioHTTP1, nioWebSocket, nioHTTPTypes, nioHTTPTypes1, httpTypes, logging, lifecycle,
            systemPackage),
        library("Conformance", "emulator/Conformance", "FunctionRuntime", "JSON", "CLinux"),
        executable(
            "emulator", "emulator", exclude: ["Store", "Providers", "Conformance", "Dashboard/Assets"],
            "DashboardAssets", "Conformance", "Domain", "Hosting",
            "FunctionRuntime", "ObjectStore", "ProviderStandIns", "HTTPClient", "Postgres", "Redis", "Queue", "JSON",
            "ObjectStorage", "Cryptography", "XML", "CLinux", "Threads", hummingbird, nio, nioPosix, httpTypes, logging,
            lifecycle,
            unixSignals, argumentParser),
        .target(name: "DashboardAssets", path: "emulator/Dashboard/Assets"),

        // Tests mirror the targets; suites in other languages (EndToEnd, Browser, Faults, Benchmarks) stand beside them.
        tests("JSONTests", "JSON"),
        tests("FunctionRuntimeTests", "FunctionRuntime", "FunctionTesting", "Conformance", "EchoFunction", "JSON"),
        executable("EchoFunction", "Tests/Conformance/EchoFunction", "FunctionRuntime"),
        executable("GenerateNothing", "Tests/Benchmarks/GenerateNothing", "Domain", "FunctionRuntime", "Redis"),
        .testTarget(
            name: "ConformanceTests", dependencies: ["Conformance", "EchoFunction"], path: "Tests/Conformance",
            exclude: ["EchoFunction", "echo.py"], swiftSettings: settings),
        tests("PostgresTests", "Postgres", "Threads", "FunctionTesting", "JSON"),
        tests("RedisTests", "Redis", "FunctionTesting"),
        tests("QueueTests", "Queue", "Redis", "FunctionTesting", "JSON"),
        tests("CryptoTests", "Cryptography"),
        tests("HTTPClientTests", "HTTPClient", hummingbird, nio, nioPosix, httpTypes, logging, lifecycle),
        tests("XMLTests", "XML"),
        tests("ObjectStorageTests", "ObjectStorage", "HTTPClient", "Cryptography", "XML", "StoreHarness"),
        tests(
            "HostingTests", exclude: ["Fixtures"], "Hosting", "host", "FunctionRuntime", "FunctionTesting", "Queue",
            "Redis", "JSON", nio, nioPosix, nioHTTP1, logging, lifecycle, systemPackage),
        tests(
            "DomainTests", "Domain", "CancelJob", "CreateJob", "CreateUpload", "GetComfyUIQueue", "GetComfyUIStatus",
            "ListComfyUIModels", "RestartComfyUI", "GetImage", "GetImageContent", "GetJob",
            "GetWorkflow", "Health", "ImageUploaded", "ListJobs", "ListWorkflows", "OpenAPI", "ProviderWebhook",
            "ReapJobs", "RelayOutbox", "RetryJob", "SweepPreviews",
            "WatchJob",
            "FunctionRuntime", "FunctionTesting", "Cryptography", "HTTPClient", "Postgres", "Redis", "Queue", "JSON"),
        tests(
            "ProviderConformanceTests", "Domain", "ProviderStandIns", "FunctionRuntime", "FunctionTesting",
            "HTTPClient",
            "JSON", logging),
        executable("StoreHarness", "Tests/Storage/Harness", "ObjectStore", "JSON", "Redis", "CLinux", logging),
        tests("ObjectStoreTests", "ObjectStore", "Cryptography", "XML", nio, nioPosix, grdb),
        tests(
            "ProviderStandInsTests", "ProviderStandIns", "FunctionTesting", "Cryptography", "HTTPClient", "JSON",
            hummingbird, nio,
            nioPosix, nioHTTP1, nioWebSocket, httpTypes, logging, lifecycle),
        tests(
            "EmulatorTests", exclude: ["Fixtures"], "emulator", "FunctionRuntime", "FunctionTesting", "Hosting",
            "HTTPClient", "JSON", "ObjectStore", "ProviderStandIns", "Postgres", "Redis", httpTypes, argumentParser),
    ],
    cLanguageStandard: .c2x
)
