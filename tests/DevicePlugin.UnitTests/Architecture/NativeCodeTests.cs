using System.Text.RegularExpressions;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Architecture;

internal sealed class NativeCodeTests
{
    [Test]
    public void UnsafeCode_IsWritten_InHardwareOnly()
    {
        Assert.That(FilesWith(@"\bunsafe\b", except: "DevicePlugin.Hardware"), Is.Empty);
    }

    [Test]
    public void AllowUnsafeBlocks_IsSet_WhereNativeFunctionsAreBound()
    {
        // GoPlugin's is for the marshalling that LibraryImport generates.
        Assert.That(
            SourceProject.All.Where(project => project.AllowsUnsafeBlocks).Select(project => project.Name),
            Is.EqualTo(new[] { "DevicePlugin.GoPlugin", "DevicePlugin.Hardware" }));
    }

    [Test]
    public void NativeFunctions_AreBound_InHardwareAndGoPluginOnly()
    {
        Assert.That(
            FilesWith(@"\b(LibraryImport|NativeLibrary)\b", "DevicePlugin.Hardware", "DevicePlugin.GoPlugin"), Is.Empty);
    }

    [Test]
    public void NativeFunctions_AreBound_WithSourceGeneratedMarshalling()
    {
        Assert.That(FilesWith(@"\bDllImport\b"), Is.Empty);
    }

    [Test]
    public void GoPluginLayer_IsWritten_WithoutNomadOrGpus()
    {
        var others = SourceProject.All.Select(project => project.Name).Where(name => name != "DevicePlugin.GoPlugin");
        Assert.That(FilesWith("(?i)nomad|nvidia|gpu", [.. others]), Is.Empty);
    }

    private static IEnumerable<string> FilesWith(string pattern, params string[] except) => SourceProject.All
        .Where(project => !except.Contains(project.Name))
        .SelectMany(project => project.Files)
        .Where(file => Regex.IsMatch(SourceText.WithoutComments(file), pattern))
        .Select(file => Path.GetRelativePath(Repository.Root, file));
}
