using System.CommandLine;
using System.Text.Json;
using DevicePlugin.Commands;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.UnitTests.Commands;

internal sealed class ConfigCommandTests
{
    private string _file = "";

    [SetUp]
    public void SetUp() => _file = Path.GetTempFileName();

    [TearDown]
    public void TearDown() => File.Delete(_file);

    [Test]
    public void Schema_AsTable_HasALineForEveryKeyIn80Columns()
    {
        var (code, output, _) = Run("schema");

        Assert.That(code, Is.Zero);
        Assert.That(
            ConfigSchema.Keys.Where(key => !output.Contains($"\n{key.Path} ", StringComparison.Ordinal)), Is.Empty);
        Assert.That(output.Split('\n'), Has.All.Length.AtMost(80));
    }

    [Test]
    public void Schema_AsJson_HasEveryKeyWithItsDefault()
    {
        var (code, output, _) = Run("schema", "--json");

        Assert.That(code, Is.Zero);
        using var document = JsonDocument.Parse(output);
        var keys = document.RootElement.GetProperty("keys").EnumerateArray().ToDictionary(
            key => key.GetProperty("key").GetString()!, key => key.GetProperty("default").GetRawText());
        Assert.That(keys, Is.EquivalentTo(ConfigSchema.Keys.ToDictionary(key => key.Path, key => key.DefaultLiteral)));
    }

    [Test]
    public void Example_IsTheBlock() =>
        Assert.That(Run("example"), Is.EqualTo((0, ConfigExample.Create("nomad-device-gpu"), "")));

    [Test]
    public void Validate_GoodFile_SaysSoWithItsWarnings()
    {
        File.WriteAllText(_file, """{"fingerprint_period":"0s"}""");

        var (code, output, _) = Run("validate", _file);

        Assert.That(code, Is.Zero);
        Assert.That(output, Does.StartWith("warning: \"fingerprint_period\" is \"0s\""));
        Assert.That(output, Does.Contain($"{_file} is valid."));
    }

    [Test]
    public void Validate_BadFile_NamesEveryErrorAndGivesTwo()
    {
        File.WriteAllText(_file, """{"backend":"cuda","health":{"call_timeout":"1h"}}""");

        var (code, output, _) = Run("validate", _file);

        Assert.That(code, Is.EqualTo(2));
        Assert.That(output.ReplaceLineEndings("\n"), Is.EqualTo(
            "error: backend = \"cuda\": must be nvml or fake\n"
            + "error: health.call_timeout = \"1h\": must be a duration from 100ms to 5m\n"));
    }

    [Test]
    public void Validate_NoSuchFile_GivesTwo()
    {
        var (code, _, error) = Run("validate", _file + ".absent");

        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.Contain("The configuration file cannot be read"));
    }

    [Test]
    public void Validate_Folder_GivesTwo() => Assert.That(Run("validate", Path.GetTempPath()).Code, Is.EqualTo(2));

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = ConfigCommand.Create().Parse(arguments).Invoke(new InvocationConfiguration
        {
            Output = output,
            Error = error,
        });
        return (code, output.ToString(), error.ToString());
    }
}
