using McpLongContext.Storage.Catalog;
using McpLongContext.Storage.Embeddings;
using static McpLongContext.Storage.Tests.TemporaryHome;

namespace McpLongContext.Storage.Tests.Keys;

/// <summary>A datastore with two documents whose keys are not stored yet.</summary>
public abstract class KeyDatastore : IDisposable
{
    protected KeyDatastore()
    {
        Datastore = Home.Home.OpenOrCreate("test");
        Datastore.Apply(Put(Book, Note));
    }

    protected Datastore Datastore { get; private set; }

    protected NewDocument Book { get; } = Document("book", "one", "two", "three");

    protected NewDocument Note { get; } = Document("note", "four");

    private protected TemporaryHome Home { get; } = new();

    private protected EmbeddingProfile Profile { get; } = KeySamples.Profile();

    protected string[] Segments => [.. Directory.GetFiles(Path.Combine(Datastore.Folder, "states")).Order()];

    public void Dispose()
    {
        Datastore.Dispose();
        Home.Dispose();
        GC.SuppressFinalize(this);
    }

    protected void Reopen()
    {
        Datastore.Dispose();
        Datastore = Home.Home.Open("test");
    }
}
