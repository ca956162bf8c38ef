import ArgumentParser

/// What `emulator start` can be told about the object store.
struct StoreStartOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Do not wait for the disk when objects are stored.",
            discussion:
                "Faster; a power failure may lose objects that were acknowledged, a kill of the emulator does not."))
    var fast = false

    @Flag(
        help: ArgumentHelp(
            "Let everybody do everything: signatures of S3 and Azure requests are not looked at.",
            discussion: "Everybody is then the first user, or the owner of the account."))
    var noAuth = false

    @Flag(
        help: ArgumentHelp(
            "Keep every version of blobs, as a storage account with versioning does.",
            discussion: "It holds for containers that are made from then on through the Azure dialect."))
    var blobVersions = false

    @Option(
        help: ArgumentHelp(
            "Who may use S3 beside minioadmin: a JSON file (default: alice and bob).",
            discussion: """
                [{"id": "carol", "name": "Carol", "email": "carol@localhost", "access": "AKCAROL", "secret": "…"}]; all of them \
                are under s3.users of --json. The functions, and everybody who uses Azure's dialect, are minioadmin.
                """,
            valueName: "file"))
    var s3Users: String?

    @Option(
        help: ArgumentHelp(
            "Fill the store: each folder in this one is a bucket, each file in it an object.",
            discussion: """
                Objects that are there already stay as they are. A folder that `emulator storage export` wrote brings content \
                types and metadata along. No function and no target hears of it unless --seed-events is given.
                """,
            valueName: "folder"))
    var seed: String?

    @Flag(help: "Let the objects of --seed wake functions, as if they had been uploaded.")
    var seedEvents = false

    @Option(
        help: ArgumentHelp(
            "Who else hears of objects: a JSON file with webhooks, see `emulator storage targets --help`.",
            discussion: """
                MINIO_NOTIFY_WEBHOOK_ENABLE_<ID>=on with MINIO_NOTIFY_WEBHOOK_ENDPOINT_<ID> (and _AUTH_TOKEN_<ID>) names one, too.
                """,
            valueName: "file"))
    var eventTargets: String?
}
