using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Llama;
using McpLongContext.Storage;
using McpLongContext.Storage.Memories;

namespace McpLongContext.Context.Memories.Infini;

/// <summary>The compressive memory that a decoder has of a datastore.</summary>
/// <param name="Decoder">The decoder.</param>
/// <param name="Entry">The memory's entry.</param>
/// <param name="State">What it holds.</param>
/// <param name="PendingDocuments">The documents that it lacks.</param>
internal sealed record CompressedScope(DecoderMemory Decoder, MemoryEntry Entry, float[] State, int PendingDocuments)
{
    private const string NoInfluence =
        "No adapter is installed, so its gates are closed: the memory is read but has no influence on what is written.";

    /// <summary>Reads the memory; <see langword="null"/> when nothing was read into it yet.</summary>
    /// <exception cref="DatastoreException">It is damaged.</exception>
    public static CompressedScope? Of(Datastore datastore, DecoderMemory decoder)
    {
        if (datastore.ReadMemory(decoder.Profile) is not { } stored)
        {
            return null;
        }

        using var snapshot = datastore.Snapshot();
        return new CompressedScope(
            decoder,
            stored.Entry,
            stored.State,
            snapshot.Unremembered(decoder.Profile.Model, decoder.Profile.Adapter).Count
        );
    }

    /// <summary>A sequence that reads the memory. What it adds is not stored.</summary>
    public LlamaRun CreateRun() => Decoder.CreateRun(Decoder.Restore(State));

    /// <summary>What a model had in memory that wrote by it.</summary>
    /// <param name="job">The job that builds what is missing.</param>
    public MemoryUse Use(string? job) =>
        new()
        {
            Kind = MemoryKind.Infini,
            Tokens = Entry.Tokens,
            PendingDocuments = PendingDocuments,
            Job = job,
            LocalShare = Decoder.Adapter.Gates.AreClosed ? 1 : 0,
            Note = Decoder.Adapter.Gates.AreClosed ? NoInfluence : null,
        };
}
