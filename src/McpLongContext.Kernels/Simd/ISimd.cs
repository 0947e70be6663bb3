namespace McpLongContext.Kernels.Simd;

/// <summary>
/// The operations of one vector width. A kernel is written once over <typeparamref name="TSelf"/> and the JIT compiles
/// it for each width with every call inlined; the runtime choice between widths is one test of a JIT constant.
/// </summary>
/// <typeparam name="TSelf">The width: <see cref="Simd512"/>, <see cref="Simd256"/> or
/// <see cref="Simd128"/>.</typeparam>
/// <typeparam name="TVector">The width's vector of <c>Lanes</c> floats.</typeparam>
internal unsafe interface ISimd<TSelf, TVector> : IMultiplyAdd<TSelf, float, TVector>
    where TSelf : ISimd<TSelf, TVector>
    where TVector : unmanaged
{
    /// <summary>Integers to floats.</summary>
    public static abstract TVector Load(int* source);

    /// <summary>Bytes to floats.</summary>
    public static abstract TVector Load(sbyte* source);

    /// <summary>Floats within [-128, 127] to bytes, rounded to nearest, half to even.</summary>
    public static abstract void Store(TVector value, sbyte* destination);

    /// <summary>The low byte of each float's bits.</summary>
    public static abstract void StoreLowBytes(TVector value, sbyte* destination);

    public static abstract TVector Add(TVector left, TVector right);

    public static abstract TVector Subtract(TVector left, TVector right);

    public static abstract TVector Multiply(TVector left, TVector right);

    public static abstract TVector Max(TVector left, TVector right);

    public static abstract TVector Min(TVector left, TVector right);

    public static abstract TVector Abs(TVector value);

    /// <summary>
    /// Adds the low bits of <paramref name="bits"/> to the exponent field: value * 2^n where they are n.
    /// </summary>
    public static abstract TVector AddExponent(TVector value, TVector bits);

    /// <summary>The sum of all lanes.</summary>
    public static abstract float Sum(TVector value);

    /// <summary>The largest lane.</summary>
    public static abstract float Max(TVector value);

    /// <summary>The first <paramref name="count"/> lanes from RAM, zero in the others.</summary>
    public static virtual TVector LoadFirst(float* source, int count)
    {
        var vector = default(TVector);
        Buffer.MemoryCopy(source, &vector, sizeof(TVector), count * sizeof(float));
        return vector;
    }

    /// <summary>Writes the first <paramref name="count"/> lanes.</summary>
    public static virtual void StoreFirst(TVector value, float* destination, int count) =>
        Buffer.MemoryCopy(&value, destination, count * sizeof(float), count * sizeof(float));
}
