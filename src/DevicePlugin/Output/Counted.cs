namespace DevicePlugin.Output;

internal static class Counted
{
    public static string Of(long count, string thing) => count == 1 ? $"1 {thing}" : $"{count} {thing}s";
}
