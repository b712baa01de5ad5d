using System.Text.Json;
using System.Text.RegularExpressions;

namespace DevicePlugin.UnitTests.Hardware.Cdi;

/// <summary>
/// What a runtime checks in a spec before it uses any of it: version 0.6.0 of the Container Device Interface (SPEC.md;
/// pkg/cdi spec.go, device.go and container-edits.go; pkg/parser; it loads no file with a key that it does not know).
/// </summary>
internal static partial class CdiRules
{
    private static readonly string[] HookNames =
        ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    public static void AssertIsValid(JsonElement spec)
    {
        AssertKeys(spec, required: "cdiVersion kind devices", optional: "annotations containerEdits");
        Assert.That(spec.GetProperty("cdiVersion").GetString(), Is.EqualTo("0.6.0"));
        Assert.That(spec.GetProperty("kind").GetString(), Does.Match(Kind()));
        foreach (var annotation in spec.GetProperty("annotations").EnumerateObject())
        {
            Assert.That(annotation.Name, Does.Match(Label()));
            Assert.That(annotation.Value.ValueKind, Is.EqualTo(JsonValueKind.String));
        }

        AssertEdits(spec.GetProperty("containerEdits"));
        var names = new HashSet<string>();
        foreach (var device in spec.GetProperty("devices").EnumerateArray())
        {
            AssertKeys(device, required: "name containerEdits", optional: "annotations");
            var name = device.GetProperty("name").GetString()!;
            Assert.That(name, Does.Match(DeviceName()));
            Assert.That(names.Add(name), Is.True, $"\"{name}\" is there twice");
            AssertEdits(device.GetProperty("containerEdits"));
            Assert.That(device.GetProperty("containerEdits").EnumerateObject(), Is.Not.Empty);
        }

        Assert.That(names, Is.Not.Empty);
    }

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
            AssertKeys(mount, required: "hostPath containerPath", optional: "type options");
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

    [GeneratedRegex("^[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?/[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?$")]
    private static partial Regex Kind();

    [GeneratedRegex("^[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?$")]
    private static partial Regex DeviceName();

    [GeneratedRegex("^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$")]
    private static partial Regex Label();
}
