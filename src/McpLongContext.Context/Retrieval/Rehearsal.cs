using McpLongContext.Context.Contracts;
using McpLongContext.Context.Datastores;
using McpLongContext.Context.Documents;
using McpLongContext.Context.Ingestion;
using McpLongContext.Context.Ingestion.Sources;
using McpLongContext.Context.Jobs;
using McpLongContext.Storage;

namespace McpLongContext.Context.Retrieval;

/// <summary>
/// Ingests two small files into a temporary datastore and asks it, lexically and then by an encoder that encodes what it
/// finds, so that the code of a process's first ingest and first query is compiled before they come: a second and a half
/// of one core. Nothing of it stays.
/// </summary>
/// <param name="options">Name the home, whose disk has room.</param>
/// <param name="time">The clock.</param>
internal sealed class Rehearsal(LongContextOptions options, TimeProvider time)
{
    private const string Question = "Where is the first lampKeeper defined?";

    private static readonly (string Name, string Text)[] s_files =
    [
        (
            "lamp.py",
            "import os\n\n\nclass LampKeeper:\n    \"\"\"Keeps the lamp.\"\"\"\n\n    def first_lamp(self):\n        return 1\n"
        ),
        ("keeper.md", "# The keeper\n\nThe first keeper of the lamp is called Ada. She came in 1851.\n"),
    ];

    /// <summary>Runs beside whatever the process does.</summary>
    /// <param name="prepare">Has the encoder, if there is one; asked when the ingest is done.</param>
    /// <param name="cancellation">Ends it between two steps.</param>
    public async Task RunAsync(Func<CancellationToken, Task<RetrievalEncoder?>> prepare, CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory(ScratchFolder.NewPath(options.Home, time));
        try
        {
            var sources = folder.CreateSubdirectory("sources").FullName;
            foreach (var (name, text) in s_files)
            {
                await File.WriteAllTextAsync(Path.Combine(sources, name), text, cancellation);
            }

            var paths = new DocumentPaths(sources);
            using var datastore = new DatastoreHome(folder.FullName, time).OpenOrCreate("rehearsal");
            using var job = new IngestJob("rehearsal", "rehearsal", time);
            await using var stop = cancellation.Register(job.Cancel);
            var request = new IngestRequest { Paths = [sources] };
            await new Indexer(new AllowedRoots(sources), paths, time).IndexPathAsync(datastore, sources, request, job);
            using var snapshot = datastore.Snapshot();
            Ask(snapshot, encoder: null);
            if (await prepare(cancellation) is { } encoder)
            {
                Ask(snapshot, encoder);
            }

            void Ask(DatastoreSnapshot snapshot, RetrievalEncoder? encoder) =>
                Retriever.Query(snapshot, new QueryRequest { Question = Question }, encoder, paths, time, cancellation);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
