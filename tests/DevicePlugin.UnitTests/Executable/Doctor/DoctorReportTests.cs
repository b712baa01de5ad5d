using DevicePlugin.Doctor;
using DevicePlugin.Output;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Executable.Doctor;

internal sealed class DoctorReportTests
{
    private static readonly DoctorReport Mixed = new(
    [
        new CheckResult("driver", Finding.Pass("driver 580.105.08")),
        new CheckResult("persistence-mode", Finding.Warn("off on 1 of 1 GPU", "Enable the service nvidia-persistenced.")),
        new CheckResult("plugin-block", Finding.Fail("there is no block", "Add one.")),
    ]);

    [Test]
    public void Json_HasTheStableShape() => Assert.That(JsonLine.Write(Mixed.WriteJson), Is.EqualTo(
        """{"schema_version":1,"checks":[{"id":"driver","status":"pass","seen":"driver 580.105.08","advice":""},"""
        + """{"id":"persistence-mode","status":"warn","seen":"off on 1 of 1 GPU","""
        + "\"advice\":\"Enable the service nvidia-persistenced.\"},"
        + """{"id":"plugin-block","status":"fail","seen":"there is no block","advice":"Add one."}],"""
        + "\"status\":\"fail\"}"));

    [Test]
    public void Text_HasAWordForEachStatusAndStaysInEightyColumns()
    {
        using var output = new StringWriter();
        DoctorView.Write(HumanConsole.Create(output, redirected: true), Mixed);

        Assert.That(output.ToString().ReplaceLineEndings("\n"), Is.EqualTo(
            """
            pass  driver            driver 580.105.08
            warn  persistence-mode  off on 1 of 1 GPU
                                 -> Enable the service nvidia-persistenced.
            FAIL  plugin-block      there is no block
                                 -> Add one.

            3 checks: 1 pass, 1 warn (persistence-mode), 1 fail (plugin-block)

            """));
    }

    [TestCase(20)]
    [TestCase(40)]
    public void Text_InANarrowTerminal_IsStillThere(int columns)
    {
        using var output = new StringWriter();
        var console = HumanConsole.Create(output, redirected: true);
        console.Profile.Width = columns;

        DoctorView.Write(console, Mixed);

        Assert.That(output.ToString(), Does.Contain("FAIL").And.Contain("3 checks"));
    }

    [Test]
    public void Checks_HaveIdsOfTheirOwnInOneForm()
    {
        var ids = DoctorChecks.All.Select(check => check.Id).ToList();

        Assert.That(ids, Is.Unique);
        Assert.That(ids, Has.All.Match("^[a-z]+(-[a-z]+)*$"));
    }

    [Test]
    public void Checks_AreAllInTheOperatingPage()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "operating.md"));

        Assert.That(DoctorChecks.All.Where(check => !page.Contains($"`{check.Id}`")).Select(check => check.Id), Is.Empty);
    }

    [Test]
    public void CheckThatCannotLook_WarnsInsteadOfEndingAll()
    {
        Assert.That(new BlindCheck().Run(new Examination()), Is.EqualTo(new CheckResult("blind", Finding.Warn(
            "could not be looked at: no", "Run doctor as the user of Nomad's agent, usually root."))));
    }

    private sealed class BlindCheck() : Check("blind")
    {
        protected override Finding Look(Examination node) => throw new UnauthorizedAccessException("no");
    }
}
