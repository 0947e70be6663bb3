using System.Runtime.InteropServices;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Storage.Sqlite;

namespace McpLongContext.Storage.Embeddings;

/// <summary>How exactly token embeddings are kept.</summary>
public enum EmbeddingPrecision
{
    /// <summary>A sign and a magnitude bit a dimension and a scale a token: dimensions / 4 + 1 bytes a token.</summary>
    TwoBit = 1,

    /// <summary>
    /// No embeddings but what a decoder selects by: the token and a key, 8 bits a dimension and a scale: dimensions + 8
    /// bytes a token.
    /// </summary>
    Key = 3,
}

/// <summary>
/// The common properties of the embeddings of one encoder, or of the keys of one decoder: their width, how they are quantized, and the statistics that the
/// quantizer needs, measured once by the caller on typical text.
/// </summary>
public sealed record EmbeddingProfile
{
    /// <summary>The greatest width of an embedding.</summary>
    public const int MaxDimensions = 8192;

    /// <summary>
    /// Identifies the encoder: model, weights, layer, windows. Embeddings of different keys never mix.
    /// </summary>
    public required string Key { get; init; }

    /// <summary>The precision of token embeddings.</summary>
    public EmbeddingPrecision Precision { get; init; } = EmbeddingPrecision.TwoBit;

    /// <summary>
    /// The mean of each dimension, <c>[dimensions]</c>; the number of dimensions is a multiple of 64, but that of keys
    /// any.
    /// </summary>
    public required ReadOnlyMemory<float> Mean { get; init; }

    /// <summary>The standard deviation of each dimension, <c>[dimensions]</c>, positive.</summary>
    public required ReadOnlyMemory<float> Deviation { get; init; }

    /// <summary>The width of an embedding.</summary>
    public int Dimensions => Mean.Length;

    /// <summary>Whether keys are kept, and no embeddings.</summary>
    public bool HasKeys => Precision == EmbeddingPrecision.Key;

    /// <summary>The profile of keys, which need no statistics.</summary>
    /// <param name="key">Identifies what makes them: model, weights, layer, head, windows.</param>
    /// <param name="dimensions">The width of a key.</param>
    public static EmbeddingProfile OfKeys(string key, int dimensions) => OfKeys(key, new float[dimensions]);

    /// <summary>The profile of keys that are kept about a mean.</summary>
    /// <param name="key">Identifies what makes them: model, weights, layer, head, windows.</param>
    /// <param name="mean">The mean, which was subtracted from each, <c>[dimensions]</c>.</param>
    public static EmbeddingProfile OfKeys(string key, ReadOnlyMemory<float> mean)
    {
        var ones = new float[mean.Length];
        Array.Fill(ones, 1);
        return new EmbeddingProfile
        {
            Key = key,
            Precision = EmbeddingPrecision.Key,
            Mean = mean,
            Deviation = ones,
        };
    }

    /// <summary>Throws when the profile is no profile.</summary>
    /// <exception cref="ArgumentException">A member is out of range.</exception>
    internal static void Require(EmbeddingProfile encoder)
    {
        if (string.IsNullOrWhiteSpace(encoder.Key))
        {
            throw new ArgumentException("The key of an encoder is not empty.", nameof(encoder));
        }

        var width = encoder.Dimensions;
        var isOdd = width % 64 != 0 && !encoder.HasKeys;
        if (width is 0 or > MaxDimensions || isOdd || encoder.Deviation.Length != width)
        {
            throw new ArgumentException(
                $"Mean and deviation have one length, a multiple of 64 up to {MaxDimensions}, "
                    + $"not {width} and {encoder.Deviation.Length}.",
                nameof(encoder)
            );
        }

        for (var i = 0; i < width; i++)
        {
            if (!float.IsFinite(encoder.Mean.Span[i]) || encoder.Deviation.Span[i] is not (> 0 and < float.MaxValue))
            {
                throw new ArgumentException(
                    $"Dimension {i} has the mean {encoder.Mean.Span[i]} and the deviation {encoder.Deviation.Span[i]}; "
                        + "both are finite and the deviation is positive.",
                    nameof(encoder)
                );
            }
        }
    }

    /// <summary>The profile stored under a key, with its row id.</summary>
    internal static (long Id, EmbeddingProfile Profile)? Find(Database database, string key)
    {
        using var row = database
            .Prepare("SELECT id, precision, mean, deviation, checksum FROM encoders WHERE key = ?1")
            .Bind(1, key);
        if (!row.Step())
        {
            return null;
        }

        var profile = new EmbeddingProfile
        {
            Key = key,
            Precision = (EmbeddingPrecision)row.Int32(1),
            Mean = MemoryMarshal.Cast<byte, float>(row.Bytes(2)).ToArray(),
            Deviation = MemoryMarshal.Cast<byte, float>(row.Bytes(3)).ToArray(),
        };
        if (profile.Checksum() != row.Int64(4))
        {
            throw new DatastoreCorruptException(
                $"The entry of encoder '{key}' in '{database.Path}' is damaged. Verify the datastore with repair: "
                    + "its embeddings are dropped and computed again."
            );
        }

        return (row.Int64(0), profile);
    }

    /// <summary>The row id of this very profile, or <see langword="null"/> when its key is free.</summary>
    /// <exception cref="DatastoreException">The key is taken by another profile.</exception>
    internal static long? FindSame(Database database, EmbeddingProfile profile)
    {
        if (Find(database, profile.Key) is not { } stored)
        {
            return null;
        }

        return stored.Profile.Checksum() == profile.Checksum()
            ? stored.Id
            : throw new DatastoreException(
                $"The datastore '{database.Path}' has embeddings of encoder '{profile.Key}' with other statistics or "
                    + "another precision. Use the stored profile, or another key."
            );
    }

    /// <summary>Stores the profile unless it is there; returns its row id.</summary>
    internal static long Register(Database database, EmbeddingProfile profile)
    {
        if (FindSame(database, profile) is { } id)
        {
            return id;
        }

        database
            .Prepare("INSERT INTO encoders VALUES (NULL, ?1, ?2, ?3, ?4, ?5)")
            .Bind(1, profile.Key)
            .Bind(2, (long)profile.Precision)
            .BindBlob(3, MemoryMarshal.AsBytes(profile.Mean.Span))
            .BindBlob(4, MemoryMarshal.AsBytes(profile.Deviation.Span))
            .Bind(5, profile.Checksum())
            .Run();
        return database.LastInsertId;
    }

    /// <summary>Forgets an encoder and all its embeddings.</summary>
    internal static void Drop(Database database, string key)
    {
        const string Encoder = "(SELECT id FROM encoders WHERE key = ?1)";
        database.Prepare($"DELETE FROM states WHERE encoder_id = {Encoder}").Bind(1, key).Run();
        database.Prepare($"DELETE FROM segments WHERE encoder_id = {Encoder}").Bind(1, key).Run();
        database.Prepare("DELETE FROM encoders WHERE key = ?1").Bind(1, key).Run();
    }

    private uint Checksum()
    {
        var state = Crc32C.Update(uint.MaxValue, (long)Precision);
        state = Crc32C.Update(state, MemoryMarshal.AsBytes(Mean.Span));
        return ~Crc32C.Update(state, MemoryMarshal.AsBytes(Deviation.Span));
    }
}
