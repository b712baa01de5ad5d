using System.CommandLine;
using DevicePlugin.Commands;
using DevicePlugin.Hardware.Scenarios;

namespace DevicePlugin.UnitTests.Commands;

internal sealed class ScenariosCommandTests
{
    private string _file = "";

    [SetUp]
    public void SetUp() => _file = Path.GetTempFileName();

    [TearDown]
    public void TearDown() => File.Delete(_file);

    [TestCase]
    [TestCase("list")]
    public void List_HasEveryScenarioWithItsGpus(params string[] arguments)
    {
        var (code, output, _) = Run(arguments);

        Assert.That(code, Is.Zero);
        Assert.That(output.Split('\n'), Has.Length.EqualTo(ScenarioLibrary.Names.Count + 2));
        Assert.That(output, Does.Match(@"\ndgx-h100 +8  8x H100 80GB HBM3").And.Match(@"\nno-gpu +0  "));
    }

    [Test]
    public void Show_Name_PrintsItsJson() => Assert.That(
        Run("show", "t4"), Is.EqualTo((0, ScenarioLibrary.Find("t4").ReadText(), "")));

    [Test]
    public void Show_BrokenFile_NamesEveryProblemAndGivesTwo()
    {
        File.WriteAllText(_file, """{"description": "d", "driver": {"state": "on"}, "gpus": {}}""");

        var (code, output, errors) = Run("show", _file);

        Assert.That((code, output), Is.EqualTo((2, "")));
        Assert.That(errors, Does.Contain(_file).And.Contain("$.driver.state: ").And.Contain("$.gpus: must be a list"));
    }

    private static (int Code, string Output, string Errors) Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = ScenariosCommand.Create().Parse(arguments).Invoke(new InvocationConfiguration
        {
            Output = output,
            Error = errors,
            EnableDefaultExceptionHandler = false,
        });
        return (code, output.ToString(), errors.ToString());
    }
}
