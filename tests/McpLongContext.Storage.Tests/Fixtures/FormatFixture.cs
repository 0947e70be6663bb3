using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using McpLongContext.Storage.Sqlite;
using McpLongContext.Storage.Tests.Embeddings;

namespace McpLongContext.Storage.Tests.Fixtures;

/// <summary>
/// What the committed datastores hold, one folder for every format of the database and of the segments: every later
/// version must still open them.
/// </summary>
internal static class FormatFixture
{
    public const int TokensPerPassage = 3;
    public const int Seed = 17;

    public static EmbeddingProfile Encoder { get; } = StateSamples.Profile(key: "fixture-encoder");

    public static NewDocument[] Documents { get; } =
    [
        TemporaryHome.Document(
            "island/lighthouse.md",
            "# The lighthouse\n",
            "The lamp burned whale oil until 1861; after that the keeper carried coal up the stairs.\n",
            "ParseBeaconCode reads the flashes: two short, one long.\n"
        ),
        TemporaryHome.Document("island/log.txt", "Monday: fog.\n", "Tuesday: the supply boat brought zwölf lamps.\n"),
    ];

    /// <summary>The oldest format that is read.</summary>
    public const string First = "format-1-segments-2";

    /// <summary>The one of the present formats.</summary>
    public static string Present { get; } = $"format-{Schema.Version}-segments-{EmbeddingSegmentLayout.Format}";

    /// <summary>The folder that holds a committed datastore.</summary>
    public static string FolderOf(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", name);

    /// <summary>Makes the datastore of the present format in a home.</summary>
    public static void Write(DatastoreHome home, string name)
    {
        using var datastore = home.OpenOrCreate(name);
        datastore.Apply(TemporaryHome.Put(Documents));
        datastore.SetSetting("chunk_size", "128");
        foreach (var document in Documents)
        {
            StateSamples.Encode(
                datastore,
                Encoder,
                document.ContentKey,
                document.Passages.Count,
                TokensPerPassage,
                Seed + document.Passages.Count
            );
        }

        datastore.Compact();
    }
}
