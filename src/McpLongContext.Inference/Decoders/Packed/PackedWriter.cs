using McpLongContext.Inference.Decoders.Checkpoints;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Kernels.Products.Blocks;

namespace McpLongContext.Inference.Decoders.Packed;

/// <summary>
/// Packs matrices, and writes them to a file that appears whole or not at all. It need not survive a loss of power:
/// what is read is verified.
/// </summary>
internal static class PackedWriter
{
    /// <summary>The disk space that the cache leaves free, in bytes.</summary>
    private const long ReservedBytes = 1L << 30;

    /// <summary>
    /// Writes the file. False where that cannot be: the folder is read only or gone, the disk is nearly full, or
    /// another process is just writing it.
    /// </summary>
    /// <param name="cache">Where to.</param>
    /// <param name="matrices">The matrices to write.</param>
    /// <param name="threadPool">Packs.</param>
    public static bool TryWrite(WeightCache cache, IReadOnlyList<MatrixReader> matrices, ComputeThreadPool threadPool)
    {
        var staged = cache.Path + ".staged";
        try
        {
            // Held while writing: what was staged without it was left by a process that died.
            using var held = InstallLock.TryAcquire(cache.Path + ".lock");
            if (held is null || !HasRoom(cache.Path, matrices))
            {
                return false;
            }

            try
            {
                Write(staged, cache.Content, matrices, threadPool);
                File.Move(staged, cache.Path, overwrite: true);
                return true;
            }
            finally
            {
                File.Delete(staged);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Packs a matrix in RAM.</summary>
    public static Int8BlockMatrix Pack(MatrixReader matrix, ComputeThreadPool threadPool)
    {
        var packed = new Int8BlockMatrix(matrix.Outputs, matrix.Inputs);
        threadPool.RunRows(
            packed.Panels,
            (first, count) =>
            {
                var buffer = new float[Int8BlockMatrix.PanelOutputs * matrix.Inputs];
                for (var panel = first; panel < first + count; panel++)
                {
                    var output = panel * Int8BlockMatrix.PanelOutputs;
                    var outputs = Math.Min(Int8BlockMatrix.PanelOutputs, matrix.Outputs - output);
                    var rows = buffer.AsSpan(0, outputs * matrix.Inputs);
                    matrix.Read(output, rows);
                    packed.SetPanel(panel, rows);
                }
            }
        );
        return packed;
    }

    private static bool HasRoom(string path, IReadOnlyList<MatrixReader> matrices)
    {
        var bytes = matrices.Sum(matrix => Int8BlockMatrix.BytesOf(matrix.Outputs, matrix.Inputs));
        return new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace - bytes > ReservedBytes;
    }

    private static void Write(
        string path,
        string content,
        IReadOnlyList<MatrixReader> matrices,
        ComputeThreadPool threadPool
    )
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.Position = PackedHeader.Length(matrices.Count);
        var checksums = new uint[matrices.Count];
        for (var i = 0; i < checksums.Length; i++)
        {
            var packed = Pack(matrices[i], threadPool);
            checksums[i] = packed.Checksum();
            packed.WriteTo(file);
        }

        file.Position = 0;
        file.Write(PackedHeader.Make(content, matrices, checksums));
    }
}
