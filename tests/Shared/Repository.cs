namespace DevicePlugin.Tests;

/// <summary>Where the sources and the build's outputs are, seen from a test's own folder.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The folders under artifacts/publish that exist are the flavours that were published.</summary>
    public static string Published(string flavour) => Path.Combine(Root, "artifacts", "publish", flavour);

    /// <summary>The executable as users get it, or the test is not run: see <see cref="Prerequisite"/>.</summary>
    public static string Executable(string flavour = "linux-x64") =>
        Prerequisite.File(Path.Combine(Published(flavour), "nomad-device-gpu"), "./build.sh publish");

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DevicePlugin.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName
            ?? throw new DirectoryNotFoundException($"No DevicePlugin.sln above '{AppContext.BaseDirectory}'.");
    }
}
