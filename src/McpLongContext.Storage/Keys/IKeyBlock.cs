namespace McpLongContext.Storage.Keys;

/// <summary>
/// Keys of consecutive tokens of one text, in planes: each plane has one vector a token, in 8 bits a dimension and a
/// scale.
/// </summary>
public interface IKeyBlock
{
    /// <summary>The number of tokens.</summary>
    public int Tokens { get; }

    /// <summary>Where a plane lies on a device; <see langword="null"/>: on none.</summary>
    /// <param name="plane">The plane, from 0.</param>
    public DeviceKeys? OnDevice(int plane) => null;

    /// <summary>Codes of a plane, <c>[count, dimensions]</c>.</summary>
    /// <param name="plane">The plane, from 0.</param>
    /// <param name="first">The first token, counted from the block's start.</param>
    /// <param name="count">How many tokens.</param>
    /// <exception cref="DatastoreException">The codes are damaged.</exception>
    public ReadOnlySpan<sbyte> Codes(int plane, int first, int count);

    /// <summary>Scales of a plane, <c>[count]</c>: a vector is scale * codes.</summary>
    /// <param name="plane">The plane, from 0.</param>
    /// <param name="first">The first token, counted from the block's start.</param>
    /// <param name="count">How many tokens.</param>
    /// <exception cref="DatastoreException">The scales are damaged.</exception>
    public ReadOnlySpan<float> Scales(int plane, int first, int count);
}
