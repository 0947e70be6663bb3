namespace McpLongContext.Storage.CompressiveMemories;

/// <summary>
/// The shape of a compressive memory and who wrote it. A datastore holds one compressive memory for each pair of model
/// and adapter; those of different pairs never mix.
/// </summary>
public sealed record CompressiveMemoryProfile
{
    /// <summary>Identifies the model: its name, weights, arithmetic.</summary>
    public required string Model { get; init; }

    /// <summary>Identifies the adapter; empty: none.</summary>
    public required string Adapter { get; init; }

    /// <summary>Layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Key/value heads of a layer.</summary>
    public required int Heads { get; init; }

    /// <summary>Dimensions of a head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>A number for the rule that it is written by.</summary>
    public required int Rule { get; init; }

    /// <summary>Floats of the compressive memory: a matrix and a vector for each head.</summary>
    public int Floats => checked(Layers * Heads * (HeadDim + 1) * HeadDim);

    /// <summary>Bytes of the compressive memory's file, which do not depend on what was read into it.</summary>
    public long FileBytes => CompressiveMemoryFile.FileBytes(this);

    /// <summary>Throws when the profile is no profile.</summary>
    /// <exception cref="ArgumentException">A member is out of range.</exception>
    internal static void Require(CompressiveMemoryProfile profile)
    {
        if (string.IsNullOrWhiteSpace(profile.Model))
        {
            throw new ArgumentException("The model of a memory is not empty.", nameof(profile));
        }

        if (profile is not { Layers: > 0 and <= 4096, Heads: > 0 and <= 4096, HeadDim: > 0 and <= 1024 })
        {
            throw new ArgumentException(
                $"A memory has 1 to 4096 layers and heads of up to 1024 dimensions, not {profile.Layers} layers of "
                    + $"{profile.Heads} heads of {profile.HeadDim}.",
                nameof(profile)
            );
        }
    }
}

/// <summary>A compressive memory of a datastore as its catalog knows it.</summary>
/// <param name="Model">The model.</param>
/// <param name="Adapter">The adapter; empty: none.</param>
/// <param name="Tokens">Tokens that were read into it.</param>
/// <param name="Contents">Contents that were read into it; equal documents count once.</param>
/// <param name="Bytes">Bytes of its file.</param>
/// <param name="File">The file's name. Another one after every change.</param>
public sealed record CompressiveMemoryEntry(
    string Model,
    string Adapter,
    long Tokens,
    int Contents,
    long Bytes,
    string File
);
