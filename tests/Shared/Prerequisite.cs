namespace DevicePlugin.Tests;

/// <summary>
/// What a test needs that may be missing on a developer's machine. There the test is skipped with the remedy; where
/// <c>CI=true</c> it fails, so that a build server cannot lose a test without anybody noticing.
/// </summary>
internal static class Prerequisite
{
    /// <param name="remedy">The command that brings what is missing.</param>
    public static void Require(bool present, string what, string remedy)
    {
        if (present)
        {
            return;
        }

        var message = $"{what} is missing: {remedy}";
        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Fail(message);
        }

        Assert.Ignore(message);
    }

    /// <summary>
    /// What a machine allows or not, whatever is installed: a build server in an unprivileged container, for example. Skipped there
    /// too, and counted as such in the last line of the run.
    /// </summary>
    public static void RequireOfMachine(bool possible, string reason)
    {
        if (!possible)
        {
            Assert.Ignore(reason);
        }
    }

    /// <summary>The path of a command, as a shell would find it.</summary>
    public static string Command(string name, string debianPackage)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(System.IO.File.Exists);
        Require(path is not null, $"'{name}'", $"apt-get install {debianPackage}");
        return path!;
    }

    /// <summary>A file that a target of the build makes.</summary>
    public static string File(string path, string remedy)
    {
        Require(System.IO.File.Exists(path), $"'{path}'", remedy);
        return path;
    }
}
