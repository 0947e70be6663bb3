using McpLongContext.Context.Contracts;
using McpLongContext.Context.Encoders;

namespace McpLongContext.Context.Tests.Ingestion;

public sealed class EncoderTextTests
{
    [Fact]
    public void Code_is_written_out_beneath_the_words_of_its_path()
    {
        Assert.Equal(
            "void parse JSON Text(int max size) => _x.HTTP Server2 Go();",
            EncoderText.Body("    void parseJSONText(int max_size) => _x.HTTPServer2Go();\n\n", DocumentKind.Code)
        );
        Assert.Equal(
            "src Io Json Reader cs class Json Reader",
            EncoderText.Header("/home/me/src/Io/JsonReader.cs", "class JsonReader")
        );
        Assert.Equal("src Io Json Reader cs", EncoderText.Header("/home/me/src/Io/JsonReader.cs", ""));
    }

    [Theory]
    [InlineData(DocumentKind.Prose)]
    [InlineData(DocumentKind.Markdown)]
    [InlineData(DocumentKind.Transcript)]
    public void Text_is_read_as_it_stands(DocumentKind kind)
    {
        Assert.Equal(
            "[D1:3] Ann: I use snake_case and camelCase.",
            EncoderText.Body("\n[D1:3] Ann: I use snake_case and camelCase.\n", kind)
        );
    }

    [Theory]
    [InlineData("plurals JSONs and IDs", "plurals JSONs and IDs")]
    [InlineData("__init__", "__init__")]
    [InlineData("MAX_SIZE a__b x_", "MAX SIZE a__b x_")]
    [InlineData("ÜberGröße", "Über Größe")]
    [InlineData("x86 utf8Text", "x86 utf8 Text")]
    public void Only_boundaries_of_words_are_opened(string code, string expected) =>
        Assert.Equal(expected, EncoderText.Body(code, DocumentKind.Code));
}
