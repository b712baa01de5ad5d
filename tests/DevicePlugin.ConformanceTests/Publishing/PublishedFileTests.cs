using System.Diagnostics;
using System.Text.RegularExpressions;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.Publishing;

/// <summary>What README and docs/building.md promise about the published files, read from the files.</summary>
internal sealed partial class PublishedFileTests
{
    public const string NativeGlibc = "2.34";

    private const int MiB = 1024 * 1024;

    // The floors are promises to users: when a build raises one, say so in README and docs/building.md first.
    [TestCase("linux-x64", NativeGlibc)]
    [TestCase("linux-x64-compat", "2.27")]
    [TestCase("linux-arm64", NativeGlibc)]
    public async Task LinuxExecutable_NeedsGlibc_NotNewerThanStated(string flavour, string floor)
    {
        var executable = Repository.Executable(flavour);
        var symbols = await RunAsync(Prerequisite.Command("objdump", "binutils"), "-T", executable);

        var newest = GlibcVersion().Matches(symbols).Select(match => Version.Parse(match.Groups[1].Value)).Max();

        Assert.That(newest, Is.Not.Null.And.AtMost(Version.Parse(floor)));
    }

    [TestCase("linux-x64")]
    [TestCase("linux-x64-compat")]
    [TestCase("linux-arm64")]
    public void PublishedFolder_HoldsTheExecutable_AndNothingElse(string flavour)
    {
        Repository.Executable(flavour);

        var entries = Directory.EnumerateFileSystemEntries(Repository.Published(flavour)).Select(Path.GetFileName);

        Assert.That(entries, Is.EqualTo(new[] { BuildInfo.Name }));
    }

    [TestCase("linux-x64", 21)]
    [TestCase("linux-arm64", 22)]
    public void NativeFlavour_IsSmall(string flavour, int limit)
    {
        Assert.That(new FileInfo(Repository.Executable(flavour)).Length, Is.AtMost(limit * MiB));
    }

    private static async Task<string> RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync().DefaultTimeout();
        await process.WaitForExitAsync().DefaultTimeout();
        Assert.That(process.ExitCode, Is.Zero, $"exit code of {command}");
        return output;
    }

    [GeneratedRegex(@"\bGLIBC_(\d+\.\d+(?:\.\d+)?)")]
    private static partial Regex GlibcVersion();
}
