namespace DevicePlugin.Output;

internal static class Counted
{
    public static string Of(long count, string thing) => count == 1 ? $"1 {thing}" : $"{count} {thing}s";

    /// <summary>The first names, and how many more there are.</summary>
    public static string First(int most, IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(most)) + (names.Count > most ? $" and {names.Count - most} more" : "");
}
