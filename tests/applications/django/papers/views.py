"""Pages beside the admin site's."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render

from papers.models import Paper

logger = logging.getLogger(__name__)


def index(request: HttpRequest) -> HttpResponse:
    """The papers; and a form to add one, whose name the visitor's session keeps."""
    if title := request.POST.get("title"):
        Paper.objects.create(title=title)
        request.session["own"] = [*request.session.get("own", []), title]
        logger.info("%s was added", title)
        return HttpResponseRedirect("/")
    search = request.GET.get("search", "")
    papers = Paper.objects.filter(title__contains=search).order_by("title")
    return render(request, "papers/index.html", {"papers": papers, "search": search})


def paper(request: HttpRequest, pk: int) -> FileResponse:
    """The file of a paper, to be saved. Django gives it to httpd, which sends it."""
    return FileResponse(Path(get_object_or_404(Paper, pk=pk).file.path).open("rb"), as_attachment=True)


async def count(request: HttpRequest) -> JsonResponse:
    """How many papers there are."""
    return JsonResponse({"papers": await Paper.objects.acount()})


def progress(request: HttpRequest) -> StreamingHttpResponse:
    """What an import of papers reports, line by line while it runs; the last line is "done"."""
    return StreamingHttpResponse(_lines(settings.HOME / "data/import.log"), content_type="text/plain; charset=utf-8")


def _lines(log: Path) -> Iterator[str]:
    with log.open() as file:
        line = ""
        while line != "done\n":
            line = file.readline()
            if line:
                yield line
            else:
                time.sleep(0.05)


def broken(request: HttpRequest) -> HttpResponse:
    """A page with a defect, for a look at what the error log says."""
    logger.warning("this will fail")
    raise LookupError("no such shelf")
