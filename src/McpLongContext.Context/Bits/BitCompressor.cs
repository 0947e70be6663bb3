using McpLongContext.Context.Contracts;

namespace McpLongContext.Context.Bits;

/// <summary>
/// Compresses files without loss by arithmetic coding over a bit model: what the model predicts well takes little. A block
/// that is shorter in a form that needs no model is kept in that.
/// </summary>
internal sealed class BitCompressor(BitModels models)
{
    /// <summary>Compresses a stream, a block at a time.</summary>
    /// <param name="input">The original, from its beginning to where it ends now, even if it grows meanwhile.</param>
    /// <param name="output">Receives the compressed file.</param>
    /// <param name="name">The model; <see langword="null"/> for the default one.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="cancellation">Ends the work; what was written is of no use.</param>
    /// <returns>Model and blocks of the compressed file.</returns>
    /// <exception cref="ContextException">There is no model.</exception>
    public async Task<BitCompression> CompressAsync(
        Stream input,
        Stream output,
        string? name,
        IProgress<double>? progress,
        CancellationToken cancellation
    )
    {
        var model = models.Load(name);
        if (model.Model.Config.RunLength)
        {
            throw new ContextException(
                $"model: {model.Name} reads run-length coded bits, and compress codes bytes as they are; name another."
            );
        }

        var (blocks, ofModel) = (0, 0);
        await Task.Run(
            () =>
            {
                var length = input.Length;
                new BitArchive(BitArchive.NameOf(model), BitArchive.ThisProcessor, length).Write(output);
                var block = new byte[BitBlock.MostBytes];
                for (var done = 0L; done < length; )
                {
                    var rest = block.AsSpan(0, (int)Math.Min(block.Length, length - done));
                    var count = input.ReadAtLeast(rest, rest.Length, throwOnEndOfStream: false);
                    if (count == 0)
                    {
                        throw new ContextException("FILE: it became shorter while it was read; try again.");
                    }

                    ofModel += BitBlock.Write(output, model.Model, block[..count], cancellation) ? 1 : 0;
                    blocks++;
                    done += count;
                    progress?.Report((double)done / length);
                }
            },
            cancellation
        );
        return new BitCompression(model.Name, blocks, ofModel);
    }

    /// <summary>Restores the original.</summary>
    /// <param name="input">The compressed file, from its beginning.</param>
    /// <param name="path">The name of the compressed file, for messages.</param>
    /// <param name="output">Receives the original.</param>
    /// <param name="name">The model; <see langword="null"/> for the default one.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="cancellation">Ends the work; what was written is of no use.</param>
    /// <exception cref="ContextException">The file is damaged, or of another model or kind of processor.</exception>
    public async Task DecompressAsync(
        Stream input,
        string path,
        Stream output,
        string? name,
        IProgress<double>? progress,
        CancellationToken cancellation
    )
    {
        var archive = BitArchive.Read(input, path);
        var model = models.Load(name);
        Require(archive, model, path);
        await Task.Run(
            () =>
            {
                for (var done = 0L; done < archive.Length; )
                {
                    var block = BitBlock.Read(input, path, model.Model, cancellation);
                    output.Write(block);
                    done += block.Length;
                    progress?.Report((double)done / archive.Length);
                }
            },
            cancellation
        );
        if (input.ReadByte() >= 0)
        {
            throw BitBlock.Damaged(path);
        }
    }

    private static void Require(BitArchive archive, LoadedBitModel model, string path)
    {
        if (archive.Model != BitArchive.NameOf(model))
        {
            throw new ContextException(
                $"model: '{path}' was compressed with another model than {model.Name}, or with another window or other "
                    + "chunks of it; name that model, or set its window and chunks as they were."
            );
        }

        if (archive.Processor != BitArchive.ThisProcessor)
        {
            throw new ContextException(
                $"FILE: '{path}' was compressed on a processor of the kind {archive.Processor}, this one is "
                    + $"{BitArchive.ThisProcessor}: results are rounded differently here. Decompress it on one like that."
            );
        }
    }
}
