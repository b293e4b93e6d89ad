"""Makes six small git repositories, the same to the byte each time, for a git server to be asked about.

    python demo_repos.py repos

Each is about something else and has the same shape: the branches main, next and hotfix, the tags v1.0, v1.1 and v2.0,
two branches of a remote, and a few changes that are not committed. So a question about one can be asked of all.
"""

import argparse
import os
import shutil
import subprocess
from pathlib import Path

THEMES = {
    "tide-tables": ("Tide tables of the west coast", ("Bergen", "Florø", "Måløy", "Ålesund", "Molde", "Bodø")),
    "recipe-box": ("Recipes that the family cooks", ("pancakes", "fish soup", "waffles", "stew", "flatbread", "jam")),
    "bike-map": ("Bike routes without cars", ("canal path", "mill loop", "harbour", "old railway", "lake", "ridge")),
    "garden-log": ("What grows in the garden", ("beans", "kale", "carrots", "peas", "garlic", "rhubarb")),
    "choir-site": ("Pages of the choir", ("concerts", "rehearsals", "members", "songbook", "contact", "archive")),
    "bird-count": ("Birds seen in winter", ("great tit", "magpie", "bullfinch", "robin", "waxwing", "wren")),
}
AUTHORS = ("Ada Berg <ada@example.org>", "Jon Vik <jon@example.org>", "Mia Lund <mia@example.org>")
LICENSE = "Use it as you like.\n"
PROGRAM = 'def entries(path):\n    """Read the entries."""\n    return open(path).read().splitlines()[1:]\n'
SORTED = PROGRAM.replace(
    "return open(path).read().splitlines()[1:]", "return sorted(open(path).read().splitlines()[1:])"
)
CLOSED = PROGRAM.replace(
    "    return open(path).read().splitlines()[1:]", "    with open(path) as lines:\n        return list(lines)[1:]"
)


class Repository:
    """A repository that is made commit by commit, by git itself, with fixed names and dates."""

    def __init__(self, folder):
        self._folder = folder
        self._made = 0
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments, day="2023-01-01", author=AUTHORS[0]):
        """Run git in it, as that person on that day."""
        name, _, mail = author.rstrip(">").partition(" <")
        settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        for role in ("AUTHOR", "COMMITTER"):
            settings |= {
                f"GIT_{role}_NAME": name,
                f"GIT_{role}_EMAIL": mail,
                f"GIT_{role}_DATE": f"{day}T12:00:00+0000",
            }
        subprocess.run(["git", *arguments], cwd=self._folder, env=os.environ | settings, check=True)  # noqa: S607

    def write(self, name, text):
        """Write a file into its working tree."""
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")

    def commit(self, day, message, **files):
        """Commit files, given by name with ``__`` for a slash and ``_`` for a dot."""
        for name, text in files.items():
            self.write(name.replace("__", "/").replace("_", "."), text)
        self.git("add", "--all")
        self.git("commit", "-q", "-m", message, day=day, author=AUTHORS[self._made % len(AUTHORS)])
        self._made += 1


def make(folder, title, items):
    """One repository: twelve commits on main, two on next, one on hotfix."""
    repo = Repository(folder)
    readme = f"# {title}\n"

    def rows(count):
        return "name,added\n" + "".join(f"{item},{2023 + index // 3}\n" for index, item in enumerate(items[:count]))

    repo.commit("2023-02-03", "Say what this is", README_md=readme)
    repo.commit("2023-04-18", f"Begin with {items[0]}", data__entries_csv=rows(1))
    repo.commit("2023-07-09", "Read the entries", app_py=PROGRAM)
    repo.commit("2023-09-21", f"Add {items[1]}", data__entries_csv=rows(2))
    repo.git("tag", "v1.0")
    repo.commit("2023-12-02", "Choose a license", LICENSE=LICENSE)
    repo.commit("2024-02-14", f"Add {items[2]}", data__entries_csv=rows(3))
    repo.git("tag", "v1.1")
    repo.git("branch", "hotfix")
    repo.commit("2024-05-06", "Begin a changelog", CHANGELOG_md="# Changes\n\n## 1.1\n\nA license.\n")
    repo.commit("2024-08-19", f"Add {items[3]}", data__entries_csv=rows(4))
    repo.commit("2024-11-25", "Sort the entries", app_py=SORTED)
    repo.commit("2025-03-07", "Release 2.0", CHANGELOG_md="# Changes\n\n## 2.0\n\nSorted.\n\n## 1.1\n\nA license.\n")
    repo.git("tag", "v2.0")
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repo.commit("2025-06-30", f"Add {items[4]}", data__entries_csv=rows(5))
    repo.commit("2025-10-12", "Tell how to use it", README_md=f"{readme}\n    python app.py data/entries.csv\n")
    repo.git("checkout", "-q", "-b", "next")
    repo.commit("2025-11-01", f"Add {items[5]}", data__entries_csv=rows(6))
    repo.git("update-ref", "refs/remotes/origin/next", "HEAD")
    repo.commit("2025-11-20", "Plan the next release", CHANGELOG_md="# Changes\n\n## 3.0\n\nTo come.\n")
    repo.git("checkout", "-q", "hotfix")
    repo.commit("2024-03-01", "Close the file after reading", app_py=CLOSED)
    repo.git("checkout", "-q", "main")
    repo.write("LICENSE", f"{LICENSE}But tell us about it.\n")
    repo.git("add", "LICENSE")
    repo.write("app.py", f"{SORTED}\n\nprint(*entries('data/entries.csv'), sep='\\n')\n")
    repo.write("todo.txt", f"more about {items[0]}\n")


def main():
    """Make them all, in place of those of an earlier time."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where they go")
    folder = parser.parse_args().folder
    for name, (title, items) in THEMES.items():
        shutil.rmtree(folder / name, ignore_errors=True)
        make(folder / name, title, items)


if __name__ == "__main__":
    main()
