namespace DevicePlugin.Benchmarks.Hardware;

/// <summary>The variables under which a program that looks for NVML finds the mock's node.</summary>
internal static class MockEnvironment
{
    public const string Calls = "HWMOCKS_CALLS";

    public static IReadOnlyDictionary<string, string> For(string mocks, string scenario, string calls) =>
        new Dictionary<string, string>
        {
            ["LD_LIBRARY_PATH"] = mocks,
            ["HWMOCKS_SCENARIO"] = scenario,
            [Calls] = calls,
        };
}
