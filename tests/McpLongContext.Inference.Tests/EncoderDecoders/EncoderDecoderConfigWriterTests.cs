using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests.EncoderDecoders;

public sealed class EncoderDecoderConfigWriterTests : IDisposable
{
    private readonly EncoderDecoderFolder _folder = new();

    public static TheoryData<string> Names => [.. TinyEncoderDecoder.All.Select(one => one.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void A_configuration_that_was_written_is_read_as_the_same(string name)
    {
        using var model = _folder.Write(TinyEncoderDecoder.Of(name)).Load();
        using (var file = File.Create(_folder[EncoderDecoder.ConfigName]))
        {
            EncoderDecoderConfigWriter.Write(file, model.Config);
        }

        using var again = _folder.Load();

        Assert.Equal(model.Config, again.Config);
        Assert.Empty(again.Warnings);
    }

    [Fact]
    public void Other_architectures_are_refused()
    {
        using var model = _folder.Write(TinyEncoderDecoder.Of("t5")).Load();
        var other = model.Config with { Architecture = "led" };

        Assert.Throws<ArgumentException>(() => EncoderDecoderConfigWriter.Write(Stream.Null, other));
        Assert.Throws<ArgumentException>(() => EncoderDecoderConfigWriter.NamesOf(other));
    }
}
