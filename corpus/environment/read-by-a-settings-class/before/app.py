from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    pip_index_password: str


print(bool(Settings().pip_index_password))
