from django.urls import path

from papers import views

urlpatterns = [
    path("", views.index),
    path("progress/", views.progress),
    path("broken/", views.broken),
]
