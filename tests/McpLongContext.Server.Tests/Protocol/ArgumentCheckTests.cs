using System.Text.Json;
using McpLongContext.Context.Contracts;
using McpLongContext.Server.Protocol;

namespace McpLongContext.Server.Tests.Protocol;

public sealed class ArgumentCheckTests
{
    private static readonly JsonElement s_schema = JsonElement.Parse(
        """
        {
          "type": "object",
          "properties": {
            "question": { "type": "string", "description": "The question." },
            "top_k": { "type": "integer", "minimum": 1, "maximum": 200 },
            "overlap": { "type": "number", "minimum": 0, "maximum": 0.75 },
            "answer": { "type": "string", "enum": ["auto", "never"] },
            "again": { "type": "boolean" },
            "path": { "type": "string" }
          },
          "required": ["question"]
        }
        """
    );

    [Theory]
    [InlineData("""{"question":"x","topk":1}""", "topk: unknown argument; this tool takes question, top_k, overlap")]
    [InlineData("""{}""", "question: missing; it is required (The question)")]
    [InlineData("""{"question":null}""", "question: missing")]
    [InlineData("""{"question":5}""", "question: expected a string, found 5")]
    [InlineData("""{"question":["x"]}""", "question: expected a string, found an array")]
    [InlineData("""{"question":"x","top_k":"three"}""", "top_k: expected an integer, found the string \"three\"")]
    [InlineData("""{"question":"x","top_k":"1.5"}""", "top_k: expected an integer, found the string \"1.5\"")]
    [InlineData("""{"question":"x","top_k":"0"}""", "top_k: expected 1 to 200, found 0")]
    [InlineData("""{"question":"x","top_k":true}""", "top_k: expected an integer, found true")]
    [InlineData("""{"question":"x","top_k":1.5}""", "top_k: expected an integer, found 1.5")]
    [InlineData("""{"question":"x","top_k":99999999999999999999}""", "top_k: expected an integer, found 99999999999")]
    [InlineData("""{"question":"x","top_k":0}""", "top_k: expected 1 to 200, found 0")]
    [InlineData("""{"question":"x","top_k":-5}""", "top_k: expected 1 to 200, found -5")]
    [InlineData("""{"question":"x","overlap":0.9}""", "overlap: expected 0 to 0.75, found 0.9")]
    [InlineData("""{"question":"x","overlap":1e999}""", "overlap: expected 0 to 0.75")]
    [InlineData(
        """{"question":"x","answer":"maybe"}""",
        "answer: expected one of auto, never, found the string \"maybe\""
    )]
    [InlineData("""{"question":"x","again":"yes"}""", "again: expected a boolean, found the string \"yes\"")]
    [InlineData("""{"question":"x","again":1}""", "again: expected a boolean, found 1")]
    public void A_wrong_argument_is_named_with_what_was_found_and_expected(string arguments, string expected)
    {
        var error = Assert.Throws<ContextException>(() => ArgumentCheck.Apply(s_schema, Parse(arguments)));

        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_optional_argument_that_is_null_counts_as_left_out()
    {
        var given = ArgumentCheck.Apply(s_schema, Parse("""{"question":"x","top_k":null}"""));

        Assert.Equal(["question"], given.Keys);
    }

    [Theory]
    [InlineData("""{"question":"x","top_k":1.0}""", "top_k", "1")]
    [InlineData("""{"question":"x","top_k":2e1}""", "top_k", "20")]
    [InlineData("""{"question":"x","top_k":"1"}""", "top_k", "1")]
    [InlineData("""{"question":"x","top_k":" 7.0 "}""", "top_k", "7")]
    [InlineData("""{"question":"x","overlap":"0.25"}""", "overlap", "0.25")]
    [InlineData("""{"question":"x","again":"true"}""", "again", "true")]
    [InlineData("""{"question":"x","again":"False"}""", "again", "false")]
    [InlineData("""{"question":"x","answer":"Never"}""", "answer", "\"never\"")]
    [InlineData("""{"question":"x","path":"file:///a/b%20c"}""", "path", "\"/a/b c\"")]
    public void A_value_is_read_as_clients_write_it(string arguments, string name, string expected) =>
        Assert.Equal(expected, ArgumentCheck.Apply(s_schema, Parse(arguments))[name].GetRawText());

    [Theory]
    [InlineData("""{"question":"x","top_k":""}""")]
    [InlineData("""{"question":"x","answer":""}""")]
    [InlineData("""{"question":"x","again":" "}""")]
    [InlineData("""{"question":"x","path":""}""")]
    public void An_optional_argument_that_is_empty_counts_as_left_out(string arguments) =>
        Assert.Equal(["question"], ArgumentCheck.Apply(s_schema, Parse(arguments)).Keys);

    [Fact]
    public void A_huge_value_is_not_repeated_whole()
    {
        var arguments = Parse($$"""{"question":"x","answer":"{{new string('a', 100_000)}}"}""");

        var error = Assert.Throws<ContextException>(() => ArgumentCheck.Apply(s_schema, arguments));

        Assert.InRange(error.Message.Length, 1, 300);
    }

    private static Dictionary<string, JsonElement> Parse(string json) =>
        JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!;
}
