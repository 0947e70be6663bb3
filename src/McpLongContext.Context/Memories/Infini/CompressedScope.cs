using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Decoders;
using McpLongContext.Storage;

namespace McpLongContext.Context.Memories.Infini;

/// <summary>The compressive memory that a decoder has of a datastore, or of a text for one call.</summary>
/// <param name="Decoder">The decoder.</param>
/// <param name="Tokens">The tokens that were read into it.</param>
/// <param name="State">The content of the compressive memory.</param>
/// <param name="PendingDocuments">The documents that it lacks.</param>
internal sealed record CompressedScope(
    DecoderMemory Decoder,
    long Tokens,
    ReadOnlyMemory<float> State,
    int PendingDocuments
)
{
    private const string NoInfluence =
        "No adapter is installed, so its gates are closed: the memory is read but has no influence on what is written.";

    /// <summary>Reads the compressive memory; <see langword="null"/> when nothing was read into it yet.</summary>
    /// <exception cref="DatastoreException">The compressive memory is damaged.</exception>
    public static CompressedScope? Of(Datastore datastore, DecoderMemory decoder)
    {
        if (datastore.ReadMemory(decoder.Profile) is not { } stored)
        {
            return null;
        }

        using var snapshot = datastore.Snapshot();
        return new CompressedScope(
            decoder,
            stored.Entry.Tokens,
            stored.State,
            snapshot.MissingFromCompressiveMemory(decoder.Profile.Model, decoder.Profile.Adapter).Count
        );
    }

    /// <summary>Reads a text into a compressive memory of its own, which is not kept.</summary>
    /// <param name="decoder">The decoder.</param>
    /// <param name="tokens">The text, from the token that begins it on.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public static CompressedScope Of(DecoderMemory decoder, ReadOnlySpan<int> tokens, CancellationToken cancellation)
    {
        var memory = decoder.Restore([]);
        decoder.Remember(memory, tokens, cancellation);
        return new CompressedScope(decoder, tokens.Length, memory.Content, PendingDocuments: 0);
    }

    /// <summary>A sequence that reads the compressive memory. What it adds is not stored.</summary>
    public DecoderSession CreateSession() => Decoder.CreateSession(Decoder.Restore(State.Span));

    /// <summary>The compressive memory that a model wrote from.</summary>
    /// <param name="job">The job that builds what is missing.</param>
    public MemoryUse Use(string? job) =>
        new()
        {
            Kind = MemoryKind.Infini,
            Title = InfiniMemory.Title,
            Tokens = Tokens,
            PendingDocuments = PendingDocuments,
            Job = job,
            LocalShare = Decoder.Adapter.Gates.AreClosed ? 1 : 0,
            Note = Decoder.Adapter.Gates.AreClosed ? NoInfluence : null,
        };
}
