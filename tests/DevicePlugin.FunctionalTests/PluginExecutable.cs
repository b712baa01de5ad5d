using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests;

/// <summary>
/// The executable that the tests start: the published one, which starts faster and is what users get. If the build is newer, or
/// <c>TEST_BUILT_EXECUTABLE</c> is set, the build's own: coverage cannot be collected from native code.
/// </summary>
internal static class PluginExecutable
{
    public static string FileName { get; } = Choose();

    private static string Choose()
    {
        var built = Path.Combine(AppContext.BaseDirectory, BuildInfo.Name);
        var published = Path.Combine(Repository.Published("linux-x64"), BuildInfo.Name);
        var lastBuild = Directory.GetFiles(AppContext.BaseDirectory, "DevicePlugin.*.dll").Append($"{built}.dll")
            .Where(file => !Path.GetFileName(file).Contains("Tests", StringComparison.Ordinal))
            .Max(File.GetLastWriteTimeUtc);
        var isCurrent = File.Exists(published) && File.GetLastWriteTimeUtc(published) > lastBuild;
        return isCurrent && Environment.GetEnvironmentVariable("TEST_BUILT_EXECUTABLE") is null ? published : built;
    }
}
