using System.Text.Json;
using System.Text.RegularExpressions;

namespace DevicePlugin.Tests;

/// <summary>
/// What a runtime checks in a spec before it uses any of it, by the Container Device Interface (SPEC.md; pkg/cdi spec.go,
/// device.go and container-edits.go; pkg/parser; it loads no file with a key that it does not know), and that its version is
/// the lowest that its content needs (specs-go/version.go).
/// </summary>
internal static partial class CdiRules
{
    private const string NvidiaKind = "nvidia.com/gpu";
    private const int MostBytes = 1 << 20;

    private static readonly string[] HookNames =
        ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    public static void AssertIsValid(JsonElement spec)
    {
        AssertKeys(spec, required: "cdiVersion kind devices", optional: "containerEdits");
        Assert.That(spec.GetProperty("cdiVersion").GetString(), Is.EqualTo(LowestVersionOf(spec)));
        Assert.That(spec.GetProperty("kind").GetString(), Does.Match(Kind()));

        AssertEdits(spec.GetProperty("containerEdits"));
        var names = new HashSet<string>();
        foreach (var device in spec.GetProperty("devices").EnumerateArray())
        {
            AssertKeys(device, required: "name containerEdits", optional: "");
            var name = device.GetProperty("name").GetString()!;
            Assert.That(name, Does.Match(DeviceName()));
            Assert.That(names.Add(name), Is.True, $"\"{name}\" is there twice");
            AssertEdits(device.GetProperty("containerEdits"));
            Assert.That(device.GetProperty("containerEdits").EnumerateObject(), Is.Not.Empty);
        }

        Assert.That(names, Is.Not.Empty);
    }

    /// <summary>
    /// A spec where a runtime finds it: valid, nothing in it is missing, and no other spec beside it has the kind of NVIDIA's
    /// tools, whose names would resolve to neither.
    /// </summary>
    public static void AssertIsRight(string specPath)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(specPath));
        AssertIsValid(document.RootElement);
        AssertFilesExist(document.RootElement);
        if (document.RootElement.GetProperty("kind").GetString() == NvidiaKind)
        {
            AssertNoOtherHas(NvidiaKind, specPath);
        }
    }

    /// <summary>The names, comma-separated as a task gets them, are devices of the spec and of no other, and all of it is there.</summary>
    public static void AssertResolves(string specPath, string qualifiedNames)
    {
        AssertIsRight(specPath);
        using var document = JsonDocument.Parse(File.ReadAllBytes(specPath));
        var spec = document.RootElement;
        var kind = spec.GetProperty("kind").GetString()!;
        var names = spec.GetProperty("devices").EnumerateArray().Select(device => $"{kind}={device.GetProperty("name").GetString()}");
        Assert.That(qualifiedNames.Split(','), Is.SubsetOf(names));
        AssertNoOtherHas(kind, specPath);
    }

    /// <summary>What the spec leads a runtime to is there: a container with a mount or a node of nothing does not start.</summary>
    public static void AssertFilesExist(JsonElement spec) => Assert.That(FilesOf(spec), Has.All.Matches<string>(Path.Exists));

    /// <summary>The same as an answer, for a spec that may be removed at any time.</summary>
    public static bool IsAbsentOrComplete(string specPath)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(specPath));
            return FilesOf(document.RootElement).TrueForAll(Path.Exists);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return true;
        }
    }

    private static List<string> FilesOf(JsonElement spec)
    {
        var files = new List<string>();
        foreach (var edits in EditsOf(spec))
        {
            files.AddRange(Items(edits, "deviceNodes").Select(HostPathOf));
            files.AddRange(Items(edits, "mounts").Select(mount => mount.GetProperty("hostPath").GetString()!));
            files.AddRange(Items(edits, "hooks").Select(hook => hook.GetProperty("path").GetString()!));
        }

        return files;
    }

    // Tests put pipes, devices and huge files there too.
    private static void AssertNoOtherHas(string kind, string specPath)
    {
        foreach (var other in new DirectoryInfo(Path.GetDirectoryName(specPath)!).GetFiles("*.*"))
        {
            if (other.FullName != specPath && other.LinkTarget is null && other.Length is > 0 and < MostBytes)
            {
                Assert.That(File.ReadAllText(other.FullName), Does.Not.Contain(kind), "a name of two specs is resolved to neither");
            }
        }
    }

    // The keys that need 0.6.0 and later are refused above, and so is the type of a mount, which needs 0.4.0.
    private static string LowestVersionOf(JsonElement spec)
    {
        var hasDigits = spec.GetProperty("devices").EnumerateArray()
            .Any(device => char.IsAsciiDigit(device.GetProperty("name").GetString()![0]));
        var hasHostPaths = EditsOf(spec).SelectMany(edits => Items(edits, "deviceNodes"))
            .Any(node => node.TryGetProperty("hostPath", out _));
        return hasDigits || hasHostPaths ? "0.5.0" : "0.3.0";
    }

    private static string HostPathOf(JsonElement node) =>
        (node.TryGetProperty("hostPath", out var path) ? path : node.GetProperty("path")).GetString()!;

    private static IEnumerable<JsonElement> EditsOf(JsonElement spec) =>
        spec.GetProperty("devices").EnumerateArray().Prepend(spec).Select(holder => holder.GetProperty("containerEdits"));

    private static void AssertEdits(JsonElement edits)
    {
        AssertKeys(edits, required: "", optional: "env deviceNodes mounts hooks");
        foreach (var variable in Items(edits, "env"))
        {
            Assert.That(variable.GetString(), Does.Match("^[^=]+="));
        }

        foreach (var node in Items(edits, "deviceNodes"))
        {
            AssertKeys(node, required: "path", optional: "hostPath type major minor fileMode permissions uid gid");
            Assert.That(node.GetProperty("path").GetString(), Does.StartWith("/dev/"));
            Assert.That(node.GetProperty("permissions").GetString(), Does.Match("^[rwm]+$"));
        }

        foreach (var mount in Items(edits, "mounts"))
        {
            AssertKeys(mount, required: "hostPath containerPath", optional: "options");
            Assert.That(mount.GetProperty("hostPath").GetString(), Does.StartWith("/"));
            Assert.That(mount.GetProperty("containerPath").GetString(), Does.StartWith("/"));
        }

        foreach (var hook in Items(edits, "hooks"))
        {
            AssertKeys(hook, required: "hookName path", optional: "args env timeout");
            Assert.That(HookNames, Does.Contain(hook.GetProperty("hookName").GetString()));
            Assert.That(hook.GetProperty("path").GetString(), Does.StartWith("/"));
        }
    }

    private static JsonElement[] Items(JsonElement edits, string key) =>
        edits.TryGetProperty(key, out var items) ? [.. items.EnumerateArray()] : [];

    private static void AssertKeys(JsonElement element, string required, string optional)
    {
        var keys = element.EnumerateObject().Select(property => property.Name).ToList();
        Assert.That(keys, Is.Unique);
        Assert.That(keys, Is.SupersetOf(required.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.That($"{required} {optional}".Split(' '), Is.SupersetOf(keys));
    }

    [GeneratedRegex("^[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?/[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?$")]
    private static partial Regex Kind();

    [GeneratedRegex("^[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?$")]
    private static partial Regex DeviceName();
}
