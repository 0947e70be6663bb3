using McpLongContext.Inference.Decoders.Checkpoints;
using McpLongContext.Inference.Layers;
using McpLongContext.Kernels.Buffers;
using McpLongContext.Kernels.Products.Blocks;

namespace McpLongContext.Inference.Decoders.Packed;

/// <summary>
/// The matrices of a decoder in int8, mapped from the file that an earlier load has written. All of it is verified when
/// it is opened, which costs little more than reading it, and it is read entirely for the first token anyway: what is
/// damaged, cut or stale is packed again and never computed with.
/// </summary>
internal sealed class PackedWeights : IDisposable
{
    private readonly MappedFile _file;

    private PackedWeights(MappedFile file, Int8BlockMatrix[] matrices)
    {
        _file = file;
        Matrices = matrices;
    }

    /// <summary>In the order of the checkpoint's matrices.</summary>
    public IReadOnlyList<Int8BlockMatrix> Matrices { get; }

    /// <summary>Writes the matrices and maps them.</summary>
    /// <param name="cache">Where they are kept.</param>
    /// <param name="matrices">The matrices of the checkpoint.</param>
    /// <param name="threadPool">Packs, and verifies.</param>
    /// <returns><see langword="null"/> where they cannot be written.</returns>
    public static PackedWeights? Write(
        WeightCache cache,
        IReadOnlyList<MatrixReader> matrices,
        ComputeThreadPool threadPool
    ) => PackedWriter.TryWrite(cache, matrices, threadPool) ? Map(cache, matrices, threadPool) : null;

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();

    /// <summary>
    /// Maps the matrices; <see langword="null"/> where the file is missing, damaged or of other content.
    /// </summary>
    public static PackedWeights? Map(
        WeightCache cache,
        IReadOnlyList<MatrixReader> matrices,
        ComputeThreadPool threadPool
    )
    {
        MappedFile? file = null;
        try
        {
            file = MappedFile.Open(cache.Path);
            if (Map(file, cache.Content, matrices, threadPool) is { } mapped)
            {
                var weights = new PackedWeights(file, mapped);
                file = null;
                return weights;
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        finally
        {
            file?.Dispose();
        }
    }

    private static Int8BlockMatrix[]? Map(
        MappedFile file,
        string content,
        IReadOnlyList<MatrixReader> matrices,
        ComputeThreadPool threadPool
    )
    {
        long offset = PackedHeader.Length(matrices.Count);
        if (
            file.Length < offset
            || PackedHeader.Read(file.Span(0, (int)offset), content, matrices) is not { } checksums
        )
        {
            return null;
        }

        var length = offset + matrices.Sum(matrix => Int8BlockMatrix.BytesOf(matrix.Outputs, matrix.Inputs));
        if (file.Length != length)
        {
            return null;
        }

        var mapped = new Int8BlockMatrix[matrices.Count];
        for (var i = 0; i < mapped.Length; i++)
        {
            mapped[i] = Int8BlockMatrix.Map(file, offset, matrices[i].Outputs, matrices[i].Inputs);
            offset += mapped[i].Bytes;
        }

        var sound = 0;
        threadPool.Run(
            mapped.Length,
            i =>
            {
                if (mapped[i].Checksum() == checksums[i])
                {
                    Interlocked.Increment(ref sound);
                }
            }
        );
        return sound == mapped.Length ? mapped : null;
    }
}
