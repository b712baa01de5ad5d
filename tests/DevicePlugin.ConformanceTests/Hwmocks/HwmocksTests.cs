using System.Diagnostics;
using System.Text.RegularExpressions;

namespace DevicePlugin.Tests.Hwmocks;

/// <summary>The tests of the native mocks, which are a C program: one run of each build, one case a test.</summary>
[Parallelizable(ParallelScope.Self)]
internal sealed partial class HwmocksTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly string Sources = Path.Combine(Repository.Root, "hwmocks");

    // The builds that "make check" makes; the second has the address and undefined-behaviour sanitizers.
    private static readonly Dictionary<string, string> Outputs = new() { ["plain"] = "", ["sanitized"] = "" };

    private static IEnumerable<TestCaseData> Cases =>
        from build in Outputs.Keys
        from file in Directory.EnumerateFiles(Path.Combine(Sources, "tests"), "*_test.c").Order()
        from Match test in TestName().Matches(File.ReadAllText(file))
        select new TestCaseData(build, test.Groups[1].Value);

    [OneTimeSetUp]
    public async Task RunMake()
    {
        Prerequisite.Command("cc", "gcc");
        Prerequisite.File("/usr/include/jansson.h", "apt-get install libjansson-dev");
        var make = Prerequisite.Command("make", "make");
        foreach (var build in Outputs.Keys)
        {
            Outputs[build] = await RunAsync(make, "-C", Sources, $"check-{build}");
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void NativeTest_Passes(string build, string test)
    {
        var output = Outputs[build];

        Assert.That(output, Does.Match($"(?m)^ok [0-9]+ - {test}$"), output);
    }

    private static async Task<string> RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var outputs = await Task.WhenAll(
            process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()).WaitAsync(Limit);
        await process.WaitForExitAsync().WaitAsync(Limit);
        return string.Concat(outputs);
    }

    [GeneratedRegex(@"^TEST\((\w+)\)", RegexOptions.Multiline)]
    private static partial Regex TestName();
}
