using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Scenarios;

/// <summary>Makes calls of a function fail, wait, hang or crash.</summary>
internal sealed record CallFault(KeyedValues Values)
{
    public string Id { get; } = Values[CallKeys.Id]!;

    public TimeSpan At { get; } = TimeSpan.FromSeconds(Values[CallKeys.At] ?? 0);

    public TimeSpan? Until { get; } = Values[CallKeys.Until] is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    private string Function { get; } = Values[CallKeys.Function]!;

    public bool Matches(string function, uint? field) =>
        IsNamed(function) && (Values[CallKeys.Field] is not { } wanted || wanted == field);

    private bool IsNamed(string function) =>
        Function.EndsWith('*') ? function.StartsWith(Function[..^1], StringComparison.Ordinal)
        : function == Function || WithoutVersion(function) == Function;

    private static string WithoutVersion(string function)
    {
        var index = function.LastIndexOf("_v", StringComparison.Ordinal);
        var isVersion = index > 0 && index + 2 < function.Length
            && function.AsSpan(index + 2).IndexOfAnyExceptInRange('0', '9') < 0;
        return isVersion ? function[..index] : function;
    }
}
