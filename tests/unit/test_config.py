"""Settings: which project, which database, and no secret in sight."""

import pytest

from sqlwright.config import Project, load_project, read_env_file
from sqlwright.errors import ConfigError

SETTINGS = '[tool.sqlwright]\nname = "shop"\n'


def _load(folder, *, database=None, **environ):
    return load_project(database=database, start=folder, environ=environ)


@pytest.mark.parametrize(
    ("given", "process", "file", "expected"),
    [
        ("postgres:///a", "postgres:///b", "postgres:///c", "postgresql:///a"),
        (None, "postgres:///b", "postgres:///c", "postgresql:///b"),
        (None, None, "postgres:///c", "postgresql:///c"),
        (None, "", "postgres:///c", None),
        (None, None, None, None),
    ],
)
def test_which_database(tmp_path, given, process, file, expected):
    """The argument comes before DATABASE_URL, that before `.env`, that before the embedded one."""
    if file is not None:
        (tmp_path / ".env").write_text(f"DATABASE_URL={file}\n")
    environ = {} if process is None else {"DATABASE_URL": process}
    assert _load(tmp_path, database=given, **environ).url == expected


@pytest.mark.parametrize("name", ["PGHOST", "PGHOSTADDR", "PGSERVICE"])
def test_libpq_names_a_server(tmp_path, name):
    """libpq's own variables name a server, in the process or in `.env`."""
    assert _load(tmp_path, **{name: "x"}).url == "postgresql://"
    (tmp_path / ".env").write_text(f"{name}=x\n")
    assert _load(tmp_path).url == "postgresql://"


def test_database_url_before_libpq(tmp_path):
    """DATABASE_URL in `.env` comes before PGHOST in the process."""
    (tmp_path / ".env").write_text("DATABASE_URL=postgres://h/d\n")
    assert _load(tmp_path, PGHOST="x").url == "postgresql://h/d"


def test_other_variables_name_no_server(tmp_path):
    """PGUSER or PGPASSWORD alone leave the embedded server in place."""
    assert _load(tmp_path, PGUSER="x", PGPASSWORD="x").url is None


@pytest.mark.parametrize("given", ["", "  "])
def test_empty_argument(tmp_path, given):
    """An argument that a shell left empty does not fall through to another database."""
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, database=given, DATABASE_URL="postgres:///precious")
    assert str(caught.value) == (
        "The URL that was given is empty.\n"
        "Name a database, or give no URL at all: then DATABASE_URL counts."
    )


def test_process_before_env_file(tmp_path):
    """The process's variables come before those of `.env`, and both are kept."""
    (tmp_path / ".env").write_text("A=file\nB=file\n")
    assert _load(tmp_path, A="process").environ == {"A": "process", "B": "file"}


def test_process_environment(tmp_path, monkeypatch):
    """Without an environment the process's own is read, and its working directory."""
    monkeypatch.setenv("DATABASE_URL", "postgres://h/d")
    monkeypatch.chdir(tmp_path)
    project = load_project()
    assert (project.url, project.root) == ("postgresql://h/d", tmp_path)


@pytest.mark.parametrize(
    ("file", "text"),
    [("sqlwright.toml", 'name = "shop"\n'), ("pyproject.toml", SETTINGS)],
)
def test_nearest_settings(tmp_path, file, text):
    """The nearest file of settings up the tree makes the project."""
    (tmp_path / "pyproject.toml").write_text('[tool.sqlwright]\nname = "outer"\n')
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / file).write_text(text)
    project = _load(tmp_path / "a" / "b")
    assert (project.root, project.name) == (tmp_path / "a", "shop")


def test_sqlwright_toml_first(tmp_path):
    """Where a folder has both files, sqlwright.toml counts."""
    (tmp_path / "pyproject.toml").write_text('[tool.sqlwright]\nname = "other"\n')
    (tmp_path / "sqlwright.toml").write_text('name = "shop"\n')
    assert _load(tmp_path).name == "shop"


@pytest.mark.parametrize(
    "text", ["", "[project]\nname = 'x'\n", "tool = 1\n", "project = 1\n[tool.other]\n"]
)
def test_foreign_pyproject(tmp_path, text):
    """A pyproject.toml that does not speak of sqlwright is passed by."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "sqlwright.toml").write_text("")
    (tmp_path / "inner" / "pyproject.toml").write_text(text)
    assert _load(tmp_path / "inner").root == tmp_path


def test_no_settings(tmp_path):
    """A folder without settings is a project with the defaults, named after it."""
    folder = tmp_path / "My-Shop"
    folder.mkdir()
    assert _load(folder) == Project(
        root=folder, name="my_shop", migrations="migrations", queries="sql", package=None
    )


def test_all_settings(tmp_path):
    """Each setting reaches the project."""
    (tmp_path / "sqlwright.toml").write_text(
        'name = "shop"\nmigrations = "package:shop:m"\nqueries = "q"\npackage = "shop_q"\n'
        '[hooks]\nseed = ["shop.seed:seed", "a:b"]\nfill = []\n'
    )
    assert _load(tmp_path) == Project(
        root=tmp_path,
        name="shop",
        migrations="package:shop:m",
        queries="q",
        package="shop_q",
        hooks={"seed": ("shop.seed:seed", "a:b"), "fill": ()},
    )


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Shop", "shop"),
        ("my-shop.api", "my_shop_api"),
        ("__x__", "x"),
        ("商店", "app"),
        ("!", "app"),
        ("a" * 60, "a" * 48),
    ],
)
def test_name(tmp_path, written, name):
    """A name is one that a database and its roles can bear."""
    (tmp_path / "sqlwright.toml").write_text(f'name = "{written}"\n')
    assert _load(tmp_path).name == name


@pytest.mark.parametrize(("project", "name"), [('{ name = "Shop" }', "shop"), ("1", "here")])
def test_project_name(tmp_path, project, name):
    """Without a name of its own the project's is taken, then the folder's."""
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(f"project = {project}\n[tool.sqlwright]\n")
    assert _load(folder).name == name


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            'migration = "x"',
            "{file}: there is no setting 'migration'.",
            "Did you mean 'migrations'?",
        ),
        (
            "zzz = 1",
            "{file}: there is no setting 'zzz'.",
            "Known: name, migrations, queries, package, backups, hooks.",
        ),
        ("name = 1", "{file}: name is 1, but must be a text.", 'Write name = "…".'),
        ('queries = ""', "{file}: queries is '', but must be a text.", 'Write queries = "…".'),
        (
            'migrations = ["a"]',
            "{file}: migrations is ['a'], but must be a text.",
            'Write migrations = "…".',
        ),
        (
            "hooks = 1",
            "{file}: hooks is 1, but must be a table.",
            'Write a line for each hook in a table of its own: seed = ["module:function"].',
        ),
        (
            "hooks.sed = []",
            "{file}: there is no hook 'sed'.",
            "Did you mean 'seed'?",
        ),
        (
            'hooks.seed = "a:b"',
            "{file}: the hook seed is 'a:b', but must be a list of module:function.",
            'Write seed = ["package.module:function"].',
        ),
        (
            'hooks.fill = ["a:b", "a.b"]',
            "{file}: the hook fill is ['a:b', 'a.b'], but must be a list of module:function.",
            'Write fill = ["package.module:function"].',
        ),
        (
            "name = ",
            "{file} is not valid TOML: Invalid value (at end of document).",
            "Mend the file.",
        ),
        (
            b"\xff",
            (
                "{file} is not valid TOML: 'utf-8' codec can't decode byte 0xff in position 0:"
                " invalid start byte."
            ),
            "Mend the file.",
        ),
    ],
)
def test_bad_settings(tmp_path, text, message, hint):
    """A wrong setting is named with its file, and with what was meant."""
    file = tmp_path / "sqlwright.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path)
    assert (caught.value.message, caught.value.hint) == (message.format(file=file), hint)


def test_settings_that_are_no_table(tmp_path):
    """`tool.sqlwright` with one value is refused, with the way to write it."""
    file = tmp_path / "pyproject.toml"
    file.write_text('[tool]\nsqlwright = "x"\n')
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path)
    assert str(caught.value) == (
        f"{file}: tool.sqlwright is 'x', but must be a table.\n"
        "Write [tool.sqlwright], and each setting on a line of its own."
    )


@pytest.mark.parametrize("name", ["sqlwright.toml", "pyproject.toml"])
def test_unreadable_settings(tmp_path, name):
    """Settings that can't be read are an error, not the defaults."""
    file = tmp_path / name
    file.mkdir()
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path)
    assert str(caught.value) == (
        f"{file} can't be read: Is a directory.\nCheck the file's permissions."
    )


def test_closed_parent(tmp_path, monkeypatch):
    """A parent that can't be looked into holds no settings for us."""

    def refuse(path, **_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.exists", refuse)
    assert _load(tmp_path).root == tmp_path


ENV_LINES = {
    "A=x": "x",
    "A=": "",
    "export A=x": "x",
    "  A = x  ": "x",
    "A=x # why": "x",
    "A=x# y": "x# y",
    "A=x#y z": "x#y z",
    "A=#x": "#x",
    "A= # why": "",
    "A=x\t# why": "x",
    "A=pa#ss # why": "pa#ss",
    "A=postgres://u:p%23@h/d?x=1#2": "postgres://u:p%23@h/d?x=1#2",
    "A=a b": "a b",
    "A=a=b": "a=b",
    'A="x y" # why': "x y",
    'A="#x"': "#x",
    "A='x # y'": "x # y",
    "A='a\"b'": 'a"b',
    'A="it\'s"': "it's",
    r'A="a\"b\\c\$d\`e"': 'a"b\\c$d`e',
    r'A="a\nb\tc\rd"': "a\nb\tc\rd",
    r'A="a\wb"': r"a\wb",
    r"A='a\nb'": r"a\nb",
    r"A=a\nb": r"a\nb",
    'A=""': "",
    "A=数据库": "数据库",
    "A=x\u2028y": "x\u2028y",
    "A=1\nA=2": "2",
    "# A=1\n\n   # x\nA=2": "2",
    "\ufeffA=x": "x",
    "A=x\r\nB=y\r\n": "x",
}


@pytest.mark.parametrize(("text", "value"), ENV_LINES.items())
def test_env_file(tmp_path, text, value):
    """Every way to write a variable means what a shell says that it means."""
    file = tmp_path / ".env"
    file.write_bytes(text.encode())
    assert read_env_file(file)["A"] == value


@pytest.mark.parametrize(
    "line",
    ["s3cr3t", "A", "1A=s3cr3t", "A-B=s3cr3t", 'A="s3cr3t', "A='s3cr3t", "A=it's3cr3t", '"A"=s'],
)
def test_broken_env_line(tmp_path, line):
    """A line that is no assignment is named by its number; its text may be a password."""
    file = tmp_path / ".env"
    file.write_text(f"# fine\nB=1\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        read_env_file(file)
    assert str(caught.value) == (
        f"{file}, line 3 is not an assignment.\n"
        "Write NAME=value, and quote a value that holds spaces, quotes or #."
    )


def test_env_file_of_another_encoding(tmp_path):
    """A `.env` that is not UTF-8 is an error without its text."""
    file = tmp_path / ".env"
    file.write_bytes("A=密码s3cr3t".encode("gbk"))
    with pytest.raises(ConfigError) as caught:
        read_env_file(file)
    assert caught.value.hint == "Check its permissions, and that it is UTF-8."
    assert "s3cr3t" not in str(caught.value)


def test_env_folder(tmp_path):
    """A folder named `.env`, as some name their virtual environment, is no file of variables."""
    (tmp_path / ".env").mkdir()
    assert read_env_file(tmp_path / ".env") == {}


def test_repr_hides(tmp_path):
    """What a debugger or a log shows of a project holds no password."""
    (tmp_path / ".env").write_text("PGPASSWORD=s3cr3t\n")
    project = _load(tmp_path, DATABASE_URL="postgres://u:s3cr3t@h/d")
    assert repr(project) == (
        f"Project(root={tmp_path!r}, name={project.name!r}, migrations='migrations',"
        " queries='sql', package=None, backups='backups', hooks={})"
    )
