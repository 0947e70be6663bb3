namespace McpLongContext.Training.Tasks;

/// <summary>First names of the persons in training sentences.</summary>
internal static class PersonNames
{
    /// <summary>In an order that seeds depend on; a new name goes to the end.</summary>
    public static readonly string[] All =
    [
        "Lily",
        "Tom",
        "Ben",
        "Sam",
        "Max",
        "Anna",
        "Tim",
        "Mia",
        "Sue",
        "Jack",
        "Lucy",
        "Bob",
        "Amy",
        "Joe",
        "Sara",
        "Mark",
        "Jane",
        "Leo",
        "Ella",
        "John",
        "Mary",
        "Peter",
        "Emma",
        "Jim",
        "Molly",
        "Nick",
        "Rose",
        "Dan",
        "Kate",
        "Paul",
        "Ruby",
        "Fred",
    ];
}
